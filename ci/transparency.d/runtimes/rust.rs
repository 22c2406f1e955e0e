/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: Rust's threads, channels, locks, barriers, parking and panics give what they give natively. */
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::{Duration, Instant};

const WORKERS: usize = 4;

fn scaled(count: u64) -> u64 {
    let effort: f64 = std::env::var("EFFORT").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    1 + ((count - 1) as f64 * effort) as u64
}

/// Computes until the thread has been moved.
fn settle() {
    let wait = std::env::var("SETTLE_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let started = Instant::now();
    let mut state = 88172645463325252u64;
    while started.elapsed() < Duration::from_millis(wait) {
        for _ in 0..1000 {
            state = mix(state);
        }
    }
    assert_ne!(state, 0);
}

fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e3779b97f4a7c15);
    value ^= value << 13;
    value ^= value >> 7;
    value ^ value << 17
}

/// Strings and boxes are made in one thread and freed in another.
fn channels() {
    let (words, taken) = mpsc::sync_channel::<Box<(u64, String)>>(8);
    let (results, collected) = mpsc::channel();
    let taken = Arc::new(Mutex::new(taken));
    let each = scaled(3000);
    let makers: Vec<_> = (0..WORKERS as u64)
        .map(|me| {
            let words = words.clone();
            thread::spawn(move || {
                settle();
                for i in 0..each {
                    words.send(Box::new((me * each + i, format!("word {} of {}", i, me)))).unwrap();
                }
            })
        })
        .collect();
    drop(words);
    let hashers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (taken, results) = (taken.clone(), results.clone());
            thread::spawn(move || {
                settle();
                loop {
                    let word = taken.lock().unwrap().recv();
                    let word = match word {
                        Ok(word) => word,
                        Err(mpsc::RecvError) => break,
                    };
                    let hash = (0..300).flat_map(|_| word.1.bytes()).fold(0, |hash, byte| mix(hash ^ byte as u64));
                    results.send((word.0, hash)).unwrap();
                }
            })
        })
        .collect();
    drop(results);
    let all: BTreeMap<u64, u64> = collected.iter().collect();
    makers.into_iter().chain(hashers).for_each(|thread| thread.join().unwrap());
    assert_eq!(all.len() as u64, WORKERS as u64 * each);
    println!("channels {} {:016x}", all.len(), all.values().fold(0, |hash, value| mix(hash ^ value)));
}

thread_local! {
    static OWN: RefCell<Dropped> = RefCell::new(Dropped(0));
}
static LIVE: AtomicUsize = AtomicUsize::new(0);
static ONCE: Once = Once::new();

struct Dropped(u64);

impl Drop for Dropped {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn locks() {
    let (counted, turns, called) = (Mutex::new(0u64), (Mutex::new(0usize), Condvar::new()), AtomicU64::new(0));
    let (table, barrier, sum) = (RwLock::new(BTreeMap::new()), Barrier::new(WORKERS), AtomicU64::new(0));
    let leaders = AtomicU64::new(0);
    let rounds = scaled(400);
    thread::scope(|scope| {
        let mut team = Vec::new();
        for me in 0..WORKERS {
            let (counted, turns, called, table, barrier, sum, leaders) =
                (&counted, &turns, &called, &table, &barrier, &sum, &leaders);
            team.push(scope.spawn(move || {
                settle();
                LIVE.fetch_add(1, Ordering::SeqCst);
                for round in 0..rounds {
                    ONCE.call_once(|| {
                        called.fetch_add(1, Ordering::SeqCst);
                    });
                    *counted.lock().unwrap() += round;
                    let mut turn = turns.1.wait_while(turns.0.lock().unwrap(), |turn| *turn % WORKERS != me).unwrap();
                    *turn += 1;
                    turns.1.notify_all();
                    drop(turn);
                    if round % 8 == 0 {
                        table.write().unwrap().insert((me, round), vec![mix(round); 20]);
                    }
                    if let Some(found) = table.read().unwrap().get(&((me + 1) % WORKERS, round & !7)) {
                        assert!(found.iter().all(|value| *value == mix(round & !7)));
                    }
                    OWN.with(|own| own.borrow_mut().0 += round);
                    sum.fetch_add(mix(round * me as u64), Ordering::Relaxed);
                    if round % 16 == 0 && barrier.wait().is_leader() {
                        leaders.fetch_add(1, Ordering::SeqCst);
                    }
                }
                OWN.with(|own| assert_eq!(own.borrow().0, rounds * (rounds - 1) / 2));
            }));
        }
        // The scope alone would not wait for the destructors of what is thread-local.
        team.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(leaders.load(Ordering::SeqCst), (rounds + 15) / 16);
    let hash = table.into_inner().unwrap().values().fold(0, |hash, values| mix(hash ^ values[19]));
    let counted = counted.into_inner().unwrap();
    println!("locks {} {} {} {:016x} {:016x}", counted, turns.0.into_inner().unwrap(), called.into_inner(), sum.into_inner(), hash);
}

/// Each wakes the next one by its handle: a token given before the wait is not lost.
fn parking() {
    let rounds = scaled(1500);
    let flags: Arc<Vec<AtomicBool>> = Arc::new((0..WORKERS).map(|_| AtomicBool::new(false)).collect());
    let handles: Arc<Mutex<Vec<thread::Thread>>> = Arc::default();
    let ready = Arc::new(Barrier::new(WORKERS + 1));
    let ring: Vec<_> = (0..WORKERS)
        .map(|me| {
            let (flags, handles, ready) = (flags.clone(), handles.clone(), ready.clone());
            let ring = thread::Builder::new().name(format!("ring {me}")).stack_size(256 << 10).spawn(move || {
                settle();
                ready.wait();
                let next = handles.lock().unwrap()[(me + 1) % WORKERS].clone();
                let mut value = me as u64;
                for _ in 0..rounds {
                    while !flags[me].swap(false, Ordering::AcqRel) {
                        thread::park();
                    }
                    value = mix(value);
                    flags[(me + 1) % WORKERS].store(true, Ordering::Release);
                    next.unpark();
                }
                value
            });
            ring.unwrap()
        })
        .collect();
    *handles.lock().unwrap() = ring.iter().map(|thread| thread.thread().clone()).collect();
    ready.wait();
    flags[0].store(true, Ordering::Release);
    ring[0].thread().unpark();
    let values: Vec<_> = ring.into_iter().map(|thread| format!("{:016x}", thread.join().unwrap())).collect();
    println!("parking {}", values.join(" "));
}

/// A panic unwinds its own thread, drops what that owned, poisons the lock it held, and is the join's result.
fn panics() {
    std::panic::set_hook(Box::new(|_| {}));
    let (mut caught, mut poisoned) = (0, 0);
    for round in 0..scaled(40) {
        let lock = Arc::new(Mutex::new(round));
        let threads: Vec<_> = (0..WORKERS as u64)
            .map(|me| {
                let lock = lock.clone();
                thread::spawn(move || {
                    let _held = lock.lock();
                    LIVE.fetch_add(1, Ordering::SeqCst);
                    let _dropped = Dropped(me);
                    if me % 2 == round % 2 {
                        std::panic::panic_any(me + round);
                    }
                    me
                })
            })
            .collect();
        for (me, thread) in threads.into_iter().enumerate() {
            match thread.join() {
                Ok(value) => assert_eq!(value, me as u64),
                Err(reason) => caught += u64::from(*reason.downcast::<u64>().unwrap() == me as u64 + round),
            }
        }
        poisoned += u64::from(lock.is_poisoned());
    }
    assert_eq!(LIVE.load(Ordering::SeqCst), 0);
    println!("panics {caught} {poisoned}");
}

fn matrix() {
    const SIDE: usize = 240;
    let one: Vec<u64> = (0..SIDE * SIDE).map(|i| mix(i as u64)).collect();
    let mut product = vec![0u64; SIDE * SIDE];
    for _ in 0..scaled(6) {
        thread::scope(|scope| {
            for (part, rows) in product.chunks_mut(SIDE * SIDE / WORKERS).enumerate() {
                let one = &one;
                scope.spawn(move || {
                    for (i, row) in rows.chunks_mut(SIDE).enumerate() {
                        let y = part * SIDE / WORKERS + i;
                        for (x, cell) in row.iter_mut().enumerate() {
                            *cell = (0..SIDE).fold(*cell, |sum, k| {
                                sum.wrapping_add(one[y * SIDE + k].wrapping_mul(one[k * SIDE + x]))
                            });
                        }
                    }
                });
            }
        });
    }
    println!("matrix {:016x}", product.iter().fold(0, |hash, value| mix(hash ^ value)));
}

fn main() {
    channels();
    locks();
    parking();
    matrix();
    panics();
}
