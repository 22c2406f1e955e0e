/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: C++'s threads, futures, condition variables, barriers, shared locks and exceptions across threads work as one. */
/* Flags: -std=c++20 */
#include <array>
#include <barrier>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

/* A queue of bounded length: both ends wait on condition variables. */
template <typename T> class Queue {
	std::mutex lock;
	std::condition_variable filled, emptied;
	std::deque<T> items;
	bool closed = false;

public:
	void put(T item)
	{
		std::unique_lock held(lock);
		emptied.wait(held, [this] { return items.size() < 16; });
		items.push_back(std::move(item));
		filled.notify_one();
	}

	bool take(T &item)
	{
		std::unique_lock held(lock);
		filled.wait(held, [this] { return closed || !items.empty(); });
		if (items.empty())
			return false;
		item = std::move(items.front());
		items.pop_front();
		emptied.notify_one();
		return true;
	}

	void close()
	{
		std::lock_guard held(lock);
		closed = true;
		filled.notify_all();
	}
};

/* Treiber's stack: nodes are given back only at its end, so that an address can't come twice. */
class Stack {
	struct Node {
		uint64_t value;
		Node *next;
	};
	std::atomic<Node *> head{ nullptr };

public:
	void push(uint64_t value)
	{
		Node *node = new Node{ value, head.load(std::memory_order_relaxed) };
		while (!head.compare_exchange_weak(node->next, node, std::memory_order_release, std::memory_order_relaxed))
			;
	}

	uint64_t drain(long &count)
	{
		uint64_t sum = 0;
		Node *node = head.exchange(nullptr);

		for (count = 0; node; count++) {
			std::unique_ptr<Node> dropped(node);
			sum += node->value;
			node = node->next;
		}
		return sum;
	}
};

static void queues()
{
	Queue<std::string> first;
	Queue<std::unique_ptr<std::pair<std::string, uint64_t>>> second;
	std::map<std::string, uint64_t> words;
	std::vector<std::jthread> makers, hashers;
	const long each = 10 * iterations;

	for (int i = 0; i < threads; i++) {
		makers.emplace_back([&, i] {
			settle();
			for (long k = 0; k < each; k++)
				first.put("word " + std::to_string(i * each + k));
		});
		hashers.emplace_back([&] {
			std::string word;
			settle();
			while (first.take(word)) {
				uint64_t hash = HASH_START;
				for (int turn = 0; turn < 200; turn++)
					hash = hash_bytes(hash, word.data(), word.size());
				second.put(std::make_unique<std::pair<std::string, uint64_t>>(word, hash));
			}
		});
	}
	std::jthread collector([&] {
		std::unique_ptr<std::pair<std::string, uint64_t>> item;
		while (second.take(item))
			CHECK(words.insert(std::move(*item)).second);
	});
	makers.clear();
	first.close();
	hashers.clear();
	second.close();
	collector.join();
	CHECK(words.size() == (size_t)(threads * each));
	uint64_t all = std::accumulate(words.begin(), words.end(), HASH_START,
				       [](uint64_t hash, auto &word) { return hash_bytes(hash, &word.second, 8); });
	printf("queues %zu %016lx\n", words.size(), all);
}

static uint64_t primes(uint64_t from, uint64_t to)
{
	uint64_t found = 0;

	for (uint64_t number = from < 2 ? 2 : from; number < to; number++) {
		bool prime = true;
		for (uint64_t divisor = 2; prime && divisor * divisor <= number; divisor++)
			prime = number % divisor;
		found += prime;
	}
	return found;
}

static void futures()
{
	std::vector<std::future<uint64_t>> parts;
	std::promise<uint64_t> start;
	std::shared_future<uint64_t> offset(start.get_future());
	uint64_t count = 0;
	int thrown = 0;
	const uint64_t each = 250 * (uint64_t)iterations;

	for (int i = 0; i < 2 * threads; i++)
		parts.push_back(std::async(std::launch::async, [i, each, offset] {
			uint64_t from = offset.get() + i * each;
			if (i % 3 == 2)
				throw std::range_error("part " + std::to_string(i));
			return primes(from, from + each);
		}));
	start.set_value(1000);
	for (auto &part : parts) {
		try {
			count += part.get();
		} catch (const std::range_error &error) {
			CHECK(std::string(error.what()).starts_with("part "));
			thrown++;
		}
	}
	CHECK(thrown == 2 * threads / 3);
	printf("futures %lu, %d thrown\n", count, thrown);
}

static std::atomic<int> live;

struct Own {
	uint64_t value = 0;
	Own() { live++; }
	~Own() { live--; }
};

static thread_local Own own;

static void atomics()
{
	Stack stack;
	std::atomic<uint64_t> sum{ 0 }, turn{ 0 };
	std::once_flag once;
	std::counting_semaphore<8> slots(2);
	std::latch started(threads);
	std::atomic<int> inside{ 0 }, called{ 0 };
	std::array<uint64_t, MAX_THREADS> steps{};
	std::barrier phase(threads, [&]() noexcept { sum += std::accumulate(steps.begin(), steps.end(), uint64_t(0)); });
	std::vector<std::jthread> team;

	for (int i = 0; i < threads; i++)
		team.emplace_back([&, i] {
			settle();
			started.arrive_and_wait();
			std::call_once(once, [&] { called++; });
			for (long k = 0; k < iterations; k++) {
				stack.push((uint64_t)i * iterations + k);
				own.value += k;
				/* Each waits for the one before it: a word that all wait on by futex. */
				for (uint64_t now = turn; now % threads != (uint64_t)i; now = turn)
					turn.wait(now);
				turn++;
				turn.notify_all();
				slots.acquire();
				CHECK(++inside <= 2);
				inside--;
				slots.release();
				steps[i] = k * (i + 1);
				phase.arrive_and_wait();
			}
			CHECK(own.value == (uint64_t)(iterations * (iterations - 1) / 2));
		});
	team.clear();
	long count;
	uint64_t pushed = stack.drain(count);
	CHECK(count == threads * iterations && called == 1 && live == 0);
	printf("atomics %lu %lu %lu\n", pushed, sum.load(), turn.load());
}

static void shared_locks()
{
	std::shared_mutex lock;
	std::map<uint64_t, uint64_t> table;
	std::mutex one, other;
	uint64_t both = 0;
	std::vector<std::jthread> team;
	std::condition_variable_any stopped;
	std::atomic<bool> seen{ false };
	std::jthread sleeper([&](std::stop_token stop) {
		std::unique_lock held(one);
		stopped.wait(held, stop, [] { return false; });
		seen = stop.stop_requested();
	});

	for (int i = 0; i < threads; i++)
		team.emplace_back([&, i] {
			settle();
			for (long k = 0; k < iterations; k++) {
				if (k % 4 == 0) {
					std::unique_lock writing(lock);
					table[(uint64_t)i << 32 | k] = k * k;
				}
				for (int turn = 0; turn < 8; turn++) {
					std::shared_lock reading(lock);
					auto at = table.find((uint64_t)(i + turn) % threads << 32 | (k & ~3L));
					CHECK(at == table.end() || at->second == (uint64_t)((k & ~3L) * (k & ~3L)));
				}
				/* Named in both orders: scoped_lock sees to it that no two wait for each other. */
				if (i & 1) {
					std::scoped_lock held(one, other);
					both++;
				} else {
					std::scoped_lock held(other, one);
					both++;
				}
			}
		});
	team.clear();
	sleeper.request_stop();
	sleeper.join();
	CHECK(seen && both == (uint64_t)(threads * iterations));
	uint64_t hash = HASH_START;
	for (auto &[key, value] : table)
		hash = hash_bytes(hash_bytes(hash, &key, 8), &value, 8);
	printf("shared locks %zu %016lx\n", table.size(), hash);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 200);
	queues();
	futures();
	atomics();
	shared_locks();
	return 0;
}
