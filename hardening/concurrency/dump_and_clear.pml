/*
 * dump_and_clear.pml - two threads of a process, a child by vfork and a child by fork count, and dump the counts when they end, by Spin.
 *
 * Any thread may end its process, and with it the other thread, at any moment. The process that ends dumps its counts into a file
 * (preload/lifecycle.c). A child by fork has a copy of its parent's memory and begins to count anew; a child by vfork works in its
 * parent's memory. The properties: a process that one thread ends has dumped its counts once; its file has all that it counted before the
 * dump and nothing that another process counted. A process that two threads end at once may have no file, but never half of one.
 *
 * Gate 10 gives the steps of the sources: DUMP_IS_OF_ITSELF, DUMP_IS_EXCLUSIVE, DUMP_IS_RENAMED, CHILD_MAY_DUMP, CHILD_COUNTS_ANEW.
 */
#define PARENT       0
#define CHILD        1
#define VFORK_CHILD  2 /* this pid has no memory of its own */
#define MEMORIES     2

/* In the memory of each process */
byte our_pid[MEMORIES], count[MEMORIES];
bool is_written[MEMORIES];

/* What the kernel knows */
bool is_gone[MEMORIES];
byte dumps_begun[MEMORIES];
bool has_file[MEMORIES], is_whole[MEMORIES];

/* For the properties only: what a process itself has counted, by now and when its dump began */
byte counted[MEMORIES], before_dump[MEMORIES], enders[MEMORIES];

/* A step of a thread, which it takes only while its process exists */
#define LIVES(memory) (!is_gone[memory])

inline count_one(memory)
{
	atomic {
		LIVES(memory);
		count[memory]++;
		counted[memory]++
	}
}

/* write_file(): the place of the counts has a file under its own name at once, or by a rename when it is whole. */
inline write_file(who, memory)
{
	assert(who == our_pid[memory]);
	atomic {
		LIVES(memory);
		dumps_begun[memory]++;
		assert(dumps_begun[memory] == 1);
		before_dump[memory] = counted[memory];
		has_file[memory] = !DUMP_IS_RENAMED
	};
	atomic {
		LIVES(memory);
		assert(count[memory] >= before_dump[memory] && count[memory] <= counted[memory]);
		has_file[memory] = true;
		is_whole[memory] = true
	}
}

/* write_once() */
inline write_once(who, memory)
{
	if
	:: DUMP_IS_OF_ITSELF && who != our_pid[memory] -> skip
	:: else ->
		atomic {
			LIVES(memory);
			was_written = is_written[memory];
			is_written[memory] = (DUMP_IS_EXCLUSIVE -> true : is_written[memory])
		};
		if
		:: was_written -> skip
		:: else ->
			write_file(who, memory);
			is_written[memory] = true
		fi
	fi
}

inline end_process(who, memory)
{
	enders[memory]++;
	write_once(who, memory);
	atomic {
		LIVES(memory);
		is_gone[memory] = true;
		assert(is_whole[memory] || (enders[memory] > 1 && !has_file[memory]))
	}
}

/* in_child(), and then what a program does */
proctype forked()
{
	bool was_written;

	our_pid[CHILD] = CHILD;
	is_written[CHILD] = (CHILD_MAY_DUMP -> false : is_written[CHILD]);
	count[CHILD] = (CHILD_COUNTS_ANEW -> 0 : count[CHILD]);
	count_one(CHILD);
	end_process(CHILD, CHILD)
}

/* Its parent's thread waits for it. */
inline vfork_child()
{
	write_once(VFORK_CHILD, PARENT)
}

inline fork_child()
{
	atomic {
		LIVES(PARENT);
		our_pid[CHILD] = our_pid[PARENT];
		count[CHILD] = count[PARENT];
		is_written[CHILD] = is_written[PARENT];
		run forked()
	}
}

proctype one_thread()
{
	bool was_written;

	count_one(PARENT);
	vfork_child();
	fork_child();
	count_one(PARENT);
	end_process(PARENT, PARENT)
}

proctype other_thread()
{
	bool was_written;

	count_one(PARENT);
	if
	:: end_process(PARENT, PARENT)
	:: skip
	fi
}

init {
	atomic {
		run one_thread();
		run other_thread()
	}
}
