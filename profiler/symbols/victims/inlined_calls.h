/* This function is inlined into functions of another file. */
static inline unsigned int rotate(unsigned int value, unsigned int by)
{
	return value << by | value >> (32 - by);
}

static inline unsigned int mix(unsigned int value)
{
	value ^= rotate(value, 13) * 5;
	value += 0x9e3779b9U;
	return value ^ value >> 11;
}
