/* Holds the one plan of this process. */
#include "preload/alloc/track_plan.h"

struct track_plan track_plan;

void track_watch_budgets(void)
{
	track_plan.with_budgets = true;
	track_plan.is_plain = false;
	track_plan.is_active = true;
}
