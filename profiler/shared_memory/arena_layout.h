/*
 * shared_memory/arena_layout.h - the layout of an arena, in which the library
 * counts allocations and locks.
 *
 * An arena is a head and then blocks, one after the other, each with its kind
 * and length. Nothing in it is a pointer that a reader must follow: the running
 * program and the readers of the file use the same bytes.
 *
 *	0                                                       used_bytes
 *	| head | kind, bytes | payload | kind, bytes | payload | ... | free
 *	         \__ arena_block ____/
 *
 *	THREAD <- ROWS.thread_at      a thread's counts, and its rows by site
 *	SITE   <- ROWS.first_site + i a call stack in a stage
 *	MAPS   <- SITE.maps_at        what was mapped when it was walked
 *
 * Units      _count is the number of calls, _bytes the bytes that were asked
 *            for.
 * Threads    only its own thread writes a thread block, each counter by one
 *            machine instruction; anybody may read it at any time.
 * Read next  preload/arena.h, which hands out the blocks; sources/arena_file.h,
 *            which reads them.
 */
#ifndef CLINIC_SHARED_MEMORY_ARENA_LAYOUT_H
#define CLINIC_SHARED_MEMORY_ARENA_LAYOUT_H

#include <stdint.h>

#define ARENA_MAGIC   0x31414e4c434c4350ull
#define ARENA_ALIGN   64u
#define ARENA_VERSION 6u

enum block_kind {
	BLOCK_NONE, /* not in use yet, or not complete yet */
	BLOCK_STAGES,
	BLOCK_THREAD,
	BLOCK_SITE,
	BLOCK_ROWS,
	BLOCK_MAPS,
	BLOCK_PROCESS,
	BLOCK_LOCK,
	BLOCK_WAIT,
	BLOCK_TOUCHED,
	BLOCK_KINDS
};

/*
 * The same moment on two clocks, by which ticks are converted to nanoseconds
 * later.
 */
struct arena_instant {
	uint64_t ticks;
	uint64_t ns; /* CLOCK_MONOTONIC */
};

struct arena_head {
	uint64_t magic;
	uint32_t version;
	uint32_t pid;
	uint64_t used_bytes;          /* with this head */
	uint64_t lost_count;          /* blocks for which there was no memory */
	uint64_t ended_ticks;         /* 0: killed, or still running */
	uint32_t is_unobservable;     /* the program has its own malloc */
	uint32_t is_new_unobservable; /* operator new does not call malloc */
	uint32_t has_live;            /* frees were matched to allocations */
	uint64_t sample_bytes;        /* 0: every allocation has its stack */
	uint64_t sites_count;
	uint64_t sites_lost_count; /* allocations counted at site 0 */
	uint64_t unmatched_frees_count;
	int64_t live_bytes; /* without what threads have not added yet */
	int64_t peak_bytes;
	uint64_t peak_ticks;
	uint64_t deadlocks_count;
	/*
	 * A row with another epoch was not changed since the last peak or the
	 * last drain. A row gets the epoch when it is changed, so that nobody
	 * must search for changed rows.
	 */
	union {
		uint64_t epoch;
		struct {
			uint32_t peaks_count; /* how often live_bytes has made
					       * a new peak */
			/*
			 * How often the collector has drained the arena. It
			 * writes no other field.
			 */
			uint32_t drains_count;
		};
	};
	/* Threads whose latest live bytes may not be in live_bytes yet. */
	uint32_t threads_count;
	/* of them at the peak; 0: the peak is exact */
	uint32_t peak_threads_count;
	uint32_t is_confined;  /* by seccomp: later records may be lost */
	uint32_t is_clockless; /* the program must not read clocks any more */
	uint64_t resident_peak_bytes; /* at the end; 0: not known */
	uint32_t has_left;            /* became a program without the library */
	uint32_t reserved;
};

/*
 * If there is more than one thread, each adds its live bytes to live_bytes in
 * portions of this size, because otherwise they would all wait for one cache
 * line. So the peak may be wrong by this much per thread; with one thread it is
 * exact. A thread whose live bytes go up and down at random by some hundred
 * bytes adds a portion every few hundred calls.
 */
#define LIVE_PORTION_BYTES 4096

struct arena_block {
	uint32_t kind;
	uint32_t reserved;
	uint64_t bytes; /* with this header */
};

/*
 * Stages form a tree: "dedup" within "batch" is another node than "dedup"
 * alone. Node 0 is the program outside all stages. When there is no room for a
 * new stage, the last node counts for it.
 */
#define STAGE_NODES_MAX  256u
#define STAGE_NAME_BYTES 48u
#define STAGE_OUTSIDE    0u
#define STAGE_OVERFLOW   (STAGE_NODES_MAX - 1u)

struct stage_node {
	char name[STAGE_NAME_BYTES]; /* empty: a free slot */
	uint16_t parent;
	uint16_t first_child;
	uint16_t next_sibling; /* 0: none; node 0 has no siblings */
};

struct stage_table {
	uint32_t used; /* nodes in use, without node 0 */
	struct stage_node nodes[STAGE_NODES_MAX];
};

/*
 * Class 0 is for size 0; class c >= 1 is for sizes in (2^(c-2), 2^(c-1)]: 1, 2,
 * 3 to 4, ...
 */
#define SIZE_CLASSES 65u

struct stage_counts {
	uint64_t frees_count;
	uint64_t allocated_bytes;
	uint64_t begins_count;
	/* the sum is the number of allocations */
	uint64_t sizes_count[SIZE_CLASSES];
};

/* What a stage has used of its budget since it began. */
struct stage_use {
	uint64_t count;
	uint64_t bytes;
};

struct thread_block {
	uint32_t tid;
	uint32_t folded_count; /* ended threads that are counted here, too */
	uint32_t depth;        /* > 0: calls are not counted */
	uint16_t stage;        /* the node in which the thread is */
	uint16_t reserved;
	char name[16];
	struct stage_counts stages[STAGE_NODES_MAX];
	struct stage_use uses[STAGE_NODES_MAX];
	uint64_t handle;    /* pthread_self() */
	uint64_t waits_for; /* the key of a lock; 0: it does not wait */
	uint32_t waits_at;  /* the site where it waits */
	/*
	 * acquisitions and waits that were not counted, because there was no
	 * room
	 */
	uint64_t locks_lost_count;
	void *tracking; /* valid in the process only */
};

/*
 * A call site is a call stack in a stage. Site 0, which has no block, is for
 * allocations whose stack could not be kept.
 */
#define SITES_MAX       (1u << 18)
#define SITE_FRAMES_MAX 127u

enum site_truth { SITE_COMPLETE, SITE_TRUNCATED, SITE_GUESSED };

struct site_block {
	uint64_t hash;
	uint32_t id;
	uint16_t stage;
	uint16_t truth;
	uint32_t maps_at; /* the BLOCK_MAPS of its addresses, from 0 */
	uint32_t frames_count;
	uint64_t frames[]; /* innermost first; addresses inside the calls */
};

/*
 * What one thread has counted at one site. A free is counted in the row of the
 * thread that frees.
 */
struct site_row {
	uint64_t allocations_count;
	uint64_t allocated_bytes;
	uint64_t frees_count;
	uint64_t freed_bytes;
	uint64_t temporary_count;
	uint64_t lifetime_ticks;
	/*
	 * The bytes that were live at the last peak of epoch `epoch`. They are
	 * copied before the first change after a peak, so that a peak never
	 * costs a walk over all rows. If there was a later peak, nothing has
	 * changed since: then the bytes that are live now were also live at
	 * that peak.
	 */
	int64_t peak_bytes;
	uint64_t epoch; /* the epoch of the head at the last change */
};

#define ROWS_PER_BLOCK 256u
#define ROW_BLOCKS_MAX (SITES_MAX / ROWS_PER_BLOCK)

struct rows_block {
	uint64_t thread_at; /* the offset of the thread's block */
	uint32_t first_site;
	uint32_t reserved;
	struct site_row rows[ROWS_PER_BLOCK];
};

/*
 * In which parts of the arena rows were changed lately: for each 4 KiB of it,
 * the lower 16 bits of the head's drains_count at the last change. A drain of
 * hundreds of megabytes of rows reads these numbers, and then only the rows in
 * the changed parts.
 */
#define TOUCHED_SHIFT 12u
#define TOUCHED_PARTS (UINT64_C(4) << 30 >> TOUCHED_SHIFT)

struct touched_block {
	uint16_t drains_count[TOUCHED_PARTS];
};

/*
 * A text from /proc: the command line; or the executable lines of maps, each
 * after the build-id of the mapped file, or after "-" if it has none.
 */
struct text_block {
	uint64_t bytes;
	char text[];
};

enum lock_kind {
	LOCK_MUTEX,
	LOCK_RWLOCK,
	LOCK_COND,
	LOCK_SEM,
	LOCK_JOIN,
	LOCK_BARRIER,
	LOCK_KINDS
};

/*
 * A lock is identified by its address and kind until it is destroyed; a later
 * lock at the same address is another lock. If no thread ever waited for a
 * lock, the next lock at its address continues in the same block.
 */
struct lock_block {
	uint64_t key; /* of address and kind, see lock_table.h */
	uint64_t address;
	uint32_t kind;
	uint32_t waiters_count; /* > 0: the holder must note its site */
	uint64_t acquisitions_count;
	uint64_t held_since_ns; /* 0: acquired without waiting, or not held */
	/* the wait_block whose wait ended in holding it */
	uint64_t holder_at;
	/* the site of the last holder for which a thread waited */
	uint32_t released_at;
	uint32_t was_awaited;
};

/*
 * The waits of one thread for one lock at one site, for each site of the
 * holder.
 */
struct wait_block {
	uint64_t lock_at; /* offsets in the arena */
	uint64_t thread_at;
	uint32_t site;
	uint32_t owner_site; /* 0: not known */
	uint64_t count;
	uint64_t expired_count; /* waits that ended by their deadline */
	uint64_t wait_ns;
	uint64_t longest_ns;
	uint64_t hold_ns; /* from the end of the wait to the release */
};

#endif
