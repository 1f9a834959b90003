/* Adapts how much of each stack a recording copies to what walks need. */
#include "collect/recording_parts.h"

/*
 * A short program has no time to adapt to. So a recording starts with a long
 * copy of each stack and the kernel's chain, and goes on with less if so many
 * walks needed neither. It goes back for good as soon as this was too little
 * for 1 walk in 100.
 *
 *	DEEP_AT_FIRST --- 128 walks, or further 256, none of them short
 *	                                |
 *	                                v
 *	                             SHALLOW --- 3 of 256 walks were short
 *	                                               |
 *	                                               v
 *	                                         DEEP_FOR_GOOD
 */
#define DEPTH_WALKS_AT_FIRST 128
#define DEPTH_WALKS          256
#define DEPTH_MANY           3

static void set_depth(struct clinic_recording *recording, bool is_deep)
{
	recording->depth = is_deep ? DEEP_FOR_GOOD : SHALLOW;
	recording->source.set_depth(recording->source.state, is_deep);
}

void clinic_recording_adapt_depth(struct clinic_recording *recording)
{
	const struct clinic_recorder_counts *judged = &recording->judged;
	struct clinic_recorder_counts counts;
	uint64_t walks, shorts, stranded;

	clinic_recorder_counts_get(recording->recorder, &counts);
	walks = counts.samples_count - judged->samples_count;
	shorts = counts.walks.short_count - judged->walks.short_count;
	stranded = counts.walks.stranded_count - judged->walks.stranded_count;
	if (recording->depth == SHALLOW &&
	    shorts + (recording->has_lost_walks ? 0 : stranded) >= DEPTH_MANY)
		set_depth(recording, true);
	if (walks < (recording->depth == DEEP_AT_FIRST ? DEPTH_WALKS_AT_FIRST
						       : DEPTH_WALKS))
		return;
	recording->judged = counts;
	if (recording->depth == DEEP_AT_FIRST && !shorts) {
		recording->has_lost_walks = stranded >= DEPTH_MANY;
		set_depth(recording, false);
	}
}
