/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: Go's goroutines, channels, locks, timers, growing stacks, panics and garbage collection give what they give natively. */
package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var effort = 1.0

func scaled(count int) int { return 1 + int(float64(count-1)*effort) }

func check(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, "does not hold:", what)
		os.Exit(1)
	}
}

// settle computes until the threads have been moved. A goroutine has no thread of its own, so as many are busy as may run.
func settle() {
	milliseconds, _ := strconv.Atoi(os.Getenv("SETTLE_MS"))
	until := time.Now().Add(time.Duration(milliseconds) * time.Millisecond)
	var wait sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for sum := 0; time.Now().Before(until); {
				for k := 0; k < 1000; k++ {
					sum += k
				}
			}
		}()
	}
	wait.Wait()
}

type node struct {
	left, right *node
	key         int
	text        string
}

func (n *node) insert(key int) *node {
	if n == nil {
		return &node{key: key, text: strings.Repeat("x", key%50)}
	}
	if key < n.key {
		n.left = n.left.insert(key)
	} else if key > n.key {
		n.right = n.right.insert(key)
	}
	return n
}

func (n *node) sum() (int, int) {
	if n == nil {
		return 0, 0
	}
	leftCount, leftSum := n.left.sum()
	rightCount, rightSum := n.right.sum()
	return leftCount + rightCount + 1, leftSum + rightSum + n.key + len(n.text)
}

// garbage builds trees and drops them while the collector runs, which marks from all threads.
func garbage() {
	const workers = 4
	var wait sync.WaitGroup
	results := make([]string, workers)
	for worker := 0; worker < workers; worker++ {
		wait.Add(1)
		go func(worker int) {
			defer wait.Done()
			kept := map[int]*node{}
			for round := 0; round < scaled(24); round++ {
				var root *node
				key := worker*1000 + round + 1
				for i := 0; i < 2000; i++ {
					key = key * 48271 % 2147483647
					root = root.insert(key % 100000)
				}
				kept[round%5] = root
			}
			count, sum := 0, 0
			for _, root := range kept {
				c, s := root.sum()
				count, sum = count+c, sum+s
			}
			results[worker] = fmt.Sprint(count, " ", sum)
		}(worker)
	}
	for i := 0; i < scaled(5); i++ {
		runtime.GC()
	}
	wait.Wait()
	fmt.Println("garbage", strings.Join(results, ", "))
}

// pipeline hashes what goes through channels with and without buffers.
func pipeline() {
	numbers, hashes := make(chan int), make(chan [32]byte, 16)
	done := make(chan struct{})
	total := scaled(4000)
	go func() {
		for i := 0; i < total; i++ {
			numbers <- i
		}
		close(numbers)
	}()
	var wait sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for number := range numbers {
				sum := sha256.Sum256([]byte(strconv.Itoa(number)))
				for i := 0; i < 20; i++ {
					sum = sha256.Sum256(sum[:])
				}
				hashes <- sum
			}
		}()
	}
	go func() {
		wait.Wait()
		close(done)
	}()
	var all [32]byte
	count := 0
	take := func(hash [32]byte) {
		count++
		for i := range all {
			all[i] ^= hash[i]
		}
	}
	for open := true; open; {
		select {
		case hash := <-hashes:
			take(hash)
		case <-done:
			open = false
		}
	}
	for len(hashes) > 0 {
		take(<-hashes)
	}
	check(count == total, "every number came through")
	fmt.Printf("pipeline %d %x\n", count, all)
}

// sieve is a chain of goroutines, one for each prime: all its work is switching.
func sieve() {
	source := make(chan int)
	stop := make(chan struct{})
	go func(out chan<- int) {
		for i := 2; ; i++ {
			select {
			case out <- i:
			case <-stop:
				return
			}
		}
	}(source)
	sum := 0
	for i := 0; i < scaled(60); i++ {
		prime := <-source
		sum += prime
		next := make(chan int)
		go func(in <-chan int, out chan<- int) {
			for {
				select {
				case number := <-in:
					if number%prime != 0 {
						select {
						case out <- number:
						case <-stop:
							return
						}
					}
				case <-stop:
					return
				}
			}
		}(source, next)
		source = next
	}
	close(stop)
	fmt.Println("sieve", sum)
}

func depth(n int, block [64]byte) int {
	if n == 0 {
		return int(block[0])
	}
	block[n%64]++
	return depth(n-1, block) + 1
}

// stacks grow by being copied; a nil pointer is a SIGSEGV that becomes a panic in its goroutine.
func stacks() {
	var wait sync.WaitGroup
	var recovered, deepest int64
	for i := 0; i < 16; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for k := 0; k < scaled(10); k++ {
				atomic.AddInt64(&deepest, int64(depth(2000+i, [64]byte{})))
				func() {
					defer func() {
						if err, is := recover().(runtime.Error); is && strings.Contains(err.Error(), "nil pointer") {
							atomic.AddInt64(&recovered, 1)
						}
					}()
					var none *node
					none.key = i
				}()
			}
		}(i)
	}
	wait.Wait()
	fmt.Println("stacks", deepest, recovered)
}

// locks: what is counted under each kind of lock is whole; a goroutine that never yields is preempted by a signal.
func locks() {
	var mutex sync.Mutex
	var shared sync.RWMutex
	var once sync.Once
	var wait sync.WaitGroup
	var counted, called int
	var spun int64
	cond := sync.NewCond(&mutex)
	table := map[int]int{}
	pool := sync.Pool{New: func() interface{} { return new([128]int) }}
	turn := 0
	const workers = 6
	for i := 0; i < workers; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			if i%2 == 0 {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			for k := 0; k < scaled(40); k++ {
				once.Do(func() { called++ })
				mutex.Lock()
				for turn%workers != i {
					cond.Wait()
				}
				turn++
				counted++
				cond.Broadcast()
				mutex.Unlock()
				if k%10 == 0 {
					shared.Lock()
					table[i] += k
					shared.Unlock()
				}
				shared.RLock()
				_ = table[(i+1)%workers]
				shared.RUnlock()
				block := pool.Get().(*[128]int)
				block[i]++
				pool.Put(block)
			}
		}(i)
	}
	wait.Add(1)
	go func() {
		defer wait.Done()
		var sum int64
		for i := int64(0); i < 60_000_000; i++ {
			sum += i & 7
		}
		spun = sum
	}()
	runtime.GC()
	wait.Wait()
	keys := []int{}
	for _, value := range table {
		keys = append(keys, value)
	}
	sort.Ints(keys)
	check(called == 1, "once is once")
	fmt.Println("locks", counted, keys, spun)
}

// timers all fire, and a wait with a deadline ends by what comes first.
func timers() {
	var order []int
	fired := make(chan int, 8)
	for i := 7; i >= 0; i-- {
		i := i
		time.AfterFunc(time.Duration(i)*60*time.Millisecond, func() { fired <- i })
	}
	for len(order) < 8 {
		order = append(order, <-fired)
	}
	err := errors.New("nothing came")
	select {
	case <-fired:
		err = nil
	case <-time.After(20 * time.Millisecond):
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	for i := 0; i < 10; i++ {
		<-ticker.C
	}
	ticker.Stop()
	sort.Ints(order)
	fmt.Println("timers", order, err)
}

func main() {
	if text := os.Getenv("EFFORT"); text != "" {
		effort, _ = strconv.ParseFloat(text, 64)
	}
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(50)
	settle()
	garbage()
	pipeline()
	sieve()
	stacks()
	locks()
	timers()
}
