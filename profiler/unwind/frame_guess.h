/*
 * unwind/frame_guess.h - guesses the caller of a frame that has no rule.
 *
 *	stack[0] is a return address       nothing was pushed yet
 *	fp points at {fp, return address}  a usual frame with a frame pointer
 *	stack[1] is a return address       one word was pushed
 *
 * A guess is only used if its return address is in executable code, after a
 * call. Private to this room.
 *
 * Read next  unwind/frame_walk.h, the walk that these continue.
 */
#ifndef CLINIC_UNWIND_FRAME_GUESS_H
#define CLINIC_UNWIND_FRAME_GUESS_H

struct clinic_walk;

/* Returns CLINIC_STEPPED; or `reason`, if no caller can be guessed. */
int clinic_walk_guess(struct clinic_walk *w, int reason);

/*
 * Leaves a frame whose address has no rule. Returns CLINIC_STEPPED after a
 * guess, or the reason why the walk ends here.
 */
int clinic_walk_leave_without_rule(struct clinic_walk *w);

#endif
