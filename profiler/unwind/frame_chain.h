/*
 * unwind/frame_chain.h - continues a walk with the kernel's frame-pointer
 * chain, for frames that neither the tables nor the copy of the stack reach.
 *
 *	walk by tables   f0 f1 f2 | the copy of the stack ends
 *	chain            c0 c1 c2   c3 c4 c5     used from c3 on, if c0 to c2
 *	                                         were found by the walk, too
 *
 * Private to this room.
 *
 * Read next  unwind/frame_walk.h, which compares the two during the walk.
 */
#ifndef CLINIC_UNWIND_FRAME_CHAIN_H
#define CLINIC_UNWIND_FRAME_CHAIN_H

struct clinic_walk;

/*
 * Goes on with the rest of the chain where the walk ended for `reason`, if
 * chain and walk agree so far. Returns the reason why the walk ends now.
 */
int clinic_walk_continue_by_chain(struct clinic_walk *w, int reason);

#endif
