/*
 * arena_drain.pml - two threads count in rows of one part of the arena, and a collector drains it until the process ends, by Spin.
 *
 * A hook (preload/alloc/alloc_track.c) marks the part with the number of the drain that it has loaded, unless its row has that number
 * already, and then counts. A drain (sources/arena_source.c, sources/arena_changes.c) raises the number and reads those rows alone whose
 * part has a recent mark; the marks are never cleared, they become old. The property: a drain emits all that was counted before it began,
 * and the last drain emits everything.
 *
 * It stands on one assumption: at most one drain begins within a hook, that is, a hook does not take as long as a drain's period. A change
 * of a longer hook may come late, at the next change of its row or at the last drain; it is never lost. All steps are sequentially
 * consistent, as they are on x86-64: a hook only stores in order, and the collector raises the number by a locked instruction.
 *
 * Gate 10 gives the constants and steps of the sources: RECENT, FULL_LOOKS, MARK_IS_FIRST, RAISE_IS_FIRST, END_IS_READ_FIRST.
 */
#define ROWS        2
#define CHANGES     2
#define DRAINS      5
#define EARLIER     4 /* drains of other arenas, before this one was found */

byte drains_count = 0; /* in the head */
byte mark = 0;         /* of the part that has both rows */
byte row_drains[ROWS], count[ROWS];
bool has_ended = false;
byte hooks_done = 0;

/* For the assumption and the property only. */
bool is_inside[ROWS], began_inside[ROWS];
byte before_drain[ROWS];

/* A new peak of live bytes makes a hook mark the part again, hence either of the two if its row has the number already. */
inline mark_part()
{
	if
	:: mark = loaded; row_drains[me] = loaded
	:: row_drains[me] == loaded -> skip
	fi
}

proctype hook(byte me)
{
	byte loaded, changes = 0;

	do
	:: changes < CHANGES ->
		d_step {
			loaded = drains_count;
			is_inside[me] = true;
			began_inside[me] = false
		};
		if
		:: MARK_IS_FIRST -> mark_part()
		:: else
		fi;
		d_step {
			count[me]++;
			changes++;
			is_inside[me] = false
		};
		if
		:: MARK_IS_FIRST
		:: else -> mark_part()
		fi
	:: else -> break
	od;
	atomic {
		hooks_done++;
		if
		:: hooks_done == ROWS -> has_ended = true
		:: else
		fi
	}
}

#define MAY_BEGIN (!(is_inside[0] && began_inside[0]) && !(is_inside[1] && began_inside[1]))

inline begin_drain()
{
	atomic {
		MAY_BEGIN;
		began_inside[0] = true;
		began_inside[1] = true;
		before_drain[0] = count[0];
		before_drain[1] = count[1];
		number++;
		looks++;
		if
		:: RAISE_IS_FIRST -> drains_count = number
		:: else
		fi
	}
}

inline look()
{
	if
	:: is_final || looks <= FULL_LOOKS || number - mark <= RECENT ->
		seen[0] = count[0];
		seen[1] = count[1]
	:: else
	fi
}

proctype collector()
{
	byte number = EARLIER, looks = 0;
	byte seen[ROWS];
	bool is_final = false;

	do
	:: looks < DRAINS || has_ended ->
		is_final = END_IS_READ_FIRST && has_ended;
		begin_drain();
		look();
		if
		:: RAISE_IS_FIRST
		:: else -> drains_count = number
		fi;
		assert(seen[0] >= before_drain[0] && seen[1] >= before_drain[1]);
		if
		:: END_IS_READ_FIRST
		:: else -> is_final = has_ended
		fi;
		if
		:: is_final -> break
		:: else
		fi
	od;
	assert(seen[0] == CHANGES && seen[1] == CHANGES)
}

init {
	atomic {
		run hook(0);
		run hook(1);
		run collector()
	}
}
