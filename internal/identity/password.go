package identity

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// argonParams are OWASP's smallest recommended argon2id: 19 MiB, two passes.
var argonParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// parallelHashes caps how many passwords are hashed at once. Uncapped, 32
// sign-ins at once took 1.1 GB and doubled the cost of each.
const parallelHashes = 2

type hasher struct {
	slots *semaphore.Weighted
	dummy string // compared against when there is no such user, at the same cost
}

func newHasher() hasher {
	return hasher{slots: semaphore.NewWeighted(parallelHashes),
		dummy: "$argon2id$v=19$m=19456,t=2,p=1$c2xpcHdheS1ub2JvZHkhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
}

func (h hasher) begin(ctx context.Context) error { return h.slots.Acquire(ctx, 1) }

// end frees the 19 MiB of a hash before the next may take its own; left to the
// collector's own time, a rush of sign-ins would pile them up.
func (h hasher) end() {
	runtime.GC()
	h.slots.Release(1)
}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.begin(ctx); err != nil {
		return "", err
	}
	defer h.end()
	hash, err := argon2id.CreateHash(password, argonParams)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return hash, nil
}

// matches compares in constant time, and takes as long for nobody's password.
func (h hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.begin(ctx); err != nil {
		return false, err
	}
	defer h.end()
	nobody := hash == ""
	if nobody {
		hash = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && !nobody, err
}

// attempts throttles wrong sign-ins by account and address together, so that
// nobody can lock out somebody else, and by address alone.
type attempts struct {
	mu    *sync.Mutex
	limit map[string]*rate.Limiter
}

const (
	wrongPerAccount = 10  // wrong passwords in a row before it slows down
	wrongPerAddress = 50  // the same for one address over all accounts
	keptLimiters    = 1e4 // forgetting all of them beyond this bounds memory
)

func newAttempts() attempts {
	return attempts{mu: &sync.Mutex{}, limit: map[string]*rate.Limiter{}}
}

func (a attempts) limiters(username, ip string) (account, address *rate.Limiter) {
	if len(a.limit) > keptLimiters {
		clear(a.limit)
	}
	get := func(key string, burst int) *rate.Limiter {
		l, ok := a.limit[key]
		if !ok {
			l = rate.NewLimiter(rate.Limit(float64(burst)/600), burst) // refills in ten minutes
			a.limit[key] = l
		}
		return l
	}
	return get("account\x00"+username+"\x00"+ip, wrongPerAccount), get("address\x00"+ip, wrongPerAddress)
}

// open tells whether another try may be made.
func (a attempts) open(username, ip string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, address := a.limiters(username, ip)
	return account.Tokens() >= 1 && address.Tokens() >= 1
}

// wrong counts a wrong password.
func (a attempts) wrong(username, ip string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, address := a.limiters(username, ip)
	account.Allow()
	address.Allow()
}

// setUpFlag remembers that an account exists.
type setUpFlag struct{ set atomic.Bool }

func (f *setUpFlag) done() bool { return f.set.Load() }
func (f *setUpFlag) mark()      { f.set.Store(true) }
