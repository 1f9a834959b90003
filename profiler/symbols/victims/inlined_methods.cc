// C++: namespaces, templates, lambdas, methods of a local class, overloads.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace ring
{

template <typename Value> class Buffer
{
      public:
	void push(Value value)
	{
		values_.push_back(value);
	}

	Value sum() const
	{
		Value total{};

		for (const Value &value : values_)
			total += value;
		return total;
	}

	void sort()
	{
		std::sort(values_.begin(), values_.end(),
			  [](Value a, Value b) { return a > b; });
	}

      private:
	std::vector<Value> values_;
};

__attribute__((noinline)) int push(Buffer<int> &buffer, int count)
{
	for (int i = 0; i < count; i++)
		buffer.push(i * 7 % 13);
	buffer.sort();
	return buffer.sum();
}

__attribute__((noinline)) double push(Buffer<double> &buffer, int count)
{
	for (int i = 0; i < count; i++)
		buffer.push(i * 0.5);
	return buffer.sum();
}

} // namespace ring

__attribute__((noinline)) static int use_local_class(int value)
{
	struct Local {
		__attribute__((noinline)) int twice(int v)
		{
			std::string text = std::to_string(v);

			return static_cast<int>(text.size()) + v * 2;
		}
	} local;

	return local.twice(value) + 1;
}

int main(int argc, char **)
{
	ring::Buffer<int> whole;
	ring::Buffer<double> half;

	std::printf("%d %f %d\n", ring::push(whole, argc + 20),
		    ring::push(half, argc + 20), use_local_class(argc));
	return 0;
}
