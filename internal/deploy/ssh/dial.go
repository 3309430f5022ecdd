package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Host is a machine, who to be on it, and the key that it has to show.
type Host struct {
	Address string // name or IP address
	Port    int64
	User    string
	Key     string // pinned; as authorized_keys writes it
}

// String is "user@host:port".
func (h Host) String() string { return h.User + "@" + h.endpoint() }

func (h Host) endpoint() string {
	return net.JoinHostPort(h.Address, strconv.FormatInt(h.Port, 10))
}

// Patience says how long a connection waits for the other side.
type Patience struct {
	Connect   time.Duration // until there is a connection, and again until it is proved
	Alive     time.Duration // between two signs of life
	Operation time.Duration // for one small thing, such as reading a file of state
}

// Patient is the patience of a deployment.
var Patient = Patience{Connect: 15 * time.Second, Alive: 15 * time.Second, Operation: 30 * time.Second}

// KeyError says that a host did not show the pinned key. Nothing was sent to it,
// and nobody logged in.
type KeyError struct {
	Host   string
	Pinned string // fingerprint; empty where no key is pinned
	Shown  string // fingerprint; empty where it showed none of a known type
	Key    string // what it showed, as authorized_keys writes it
}

func (e *KeyError) Error() string {
	if e.Pinned == "" {
		return fmt.Sprintf("%s showed the host key %s, and nobody has accepted a key of it yet.", e.Host, e.Shown)
	}
	return fmt.Sprintf("%s showed the host key %s, and the accepted one is %s. It is another machine, was set up anew, or somebody stands between.", e.Host, e.Shown, e.Pinned)
}

// kinds are the host keys that are asked for, the best first.
var kinds = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}

// signaturesOf gives the algorithms by which a host proves that it holds a key.
func signaturesOf(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}

// errSeen ends a handshake that was begun only to see the host's key.
var errSeen = errors.New("the host key was seen")

// HostKey asks a host for its key, and does not log in.
func HostKey(ctx context.Context, h Host, p Patience) (string, error) {
	var shown ssh.PublicKey
	config := &ssh.ClientConfig{User: h.User, HostKeyAlgorithms: kinds, HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = key
		return errSeen
	}}
	conn, err := open(ctx, h, config, p)
	if conn != nil {
		conn.Close()
	}
	if shown != nil {
		return line(shown), nil
	}
	return "", fmt.Errorf("%s showed no host key: %w", h.endpoint(), plainly(err))
}

// Conn is an open connection to a host that showed the pinned key.
type Conn struct {
	host     Host
	client   *ssh.Client
	patience Patience
	ended    context.CancelFunc
}

// Dial connects with one of the private keys. A host that shows another key than
// the pinned one is refused with a KeyError.
func Dial(ctx context.Context, h Host, private [][]byte, p Patience) (*Conn, error) {
	pinned, err := parse(h.Key)
	if h.Key == "" {
		shown, err := HostKey(ctx, h, p)
		if err != nil {
			return nil, err
		}
		return nil, keyError(h, nil, shown)
	}
	if err != nil {
		return nil, err
	}
	signers := make([]ssh.Signer, len(private))
	for i, one := range private {
		if signers[i], err = ssh.ParsePrivateKey(one); err != nil {
			return nil, errors.New("the private key of the environment cannot be read")
		}
	}
	var shown ssh.PublicKey
	config := &ssh.ClientConfig{User: h.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(signers...)}, HostKeyAlgorithms: signaturesOf(pinned),
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if line(key) != line(pinned) {
				shown = key
				return errSeen
			}
			return nil
		}}
	client, err := open(ctx, h, config, p)
	var differ *ssh.AlgorithmNegotiationError
	switch {
	case shown != nil:
		return nil, keyError(h, pinned, line(shown))
	case errors.As(err, &differ): // it has no key of the pinned type any more
		if other, seen := HostKey(ctx, h, p); seen == nil {
			return nil, keyError(h, pinned, other)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h, plainly(err))
	}
	c := &Conn{host: h, client: client, patience: p}
	alive, ended := context.WithCancel(context.Background())
	c.ended = ended
	go c.watch(alive)
	return c, nil
}

func keyError(h Host, pinned ssh.PublicKey, shown string) *KeyError {
	e := &KeyError{Host: h.endpoint(), Key: shown}
	e.Shown, _ = Fingerprint(shown)
	if pinned != nil {
		e.Pinned = ssh.FingerprintSHA256(pinned)
	}
	return e
}

// open connects and shakes hands within the patience.
func open(ctx context.Context, h Host, config *ssh.ClientConfig, p Patience) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*p.Connect)
	defer cancel()
	dialer := net.Dialer{Timeout: p.Connect, KeepAlive: 15 * time.Second}
	wire, err := dialer.DialContext(ctx, "tcp", h.endpoint())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	conn, channels, requests, err := ssh.NewClientConn(wire, h.endpoint(), config)
	if !stop() && err != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		wire.Close()
		return nil, err
	}
	return ssh.NewClient(conn, channels, requests), nil
}

// watch asks for signs of life, and hangs up when three were not answered.
func (c *Conn) watch(ctx context.Context) {
	ticker := time.NewTicker(c.patience.Alive)
	defer ticker.Stop()
	answered := make(chan struct{}, 1)
	answered <- struct{}{}
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		select {
		case <-answered:
			missed = 0
			go func() {
				if _, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
					answered <- struct{}{}
				}
			}()
		default:
			if missed++; missed >= 3 {
				c.client.Close()
				return
			}
		}
	}
}

// Close hangs up.
func (c *Conn) Close() error {
	c.ended()
	return c.client.Close()
}

// within hangs up when ctx ends or the time is over, since nothing on the wire
// can be called back otherwise. The function it gives ends the watch and puts
// the reason in the place of a broken pipe.
func (c *Conn) within(ctx context.Context, limit time.Duration) func(error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s did not answer within %s", c.host, limit))
	stop := context.AfterFunc(ctx, func() { c.client.Close() })
	return func(err error) error {
		defer cancel()
		if !stop() && err != nil {
			return context.Cause(ctx)
		}
		return err
	}
}

// plainly says in plain words what the library says in its own.
func plainly(err error) error {
	switch {
	case err == nil:
		return errors.New("it hung up")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("it did not answer in time")
	case strings.Contains(err.Error(), "unable to authenticate"):
		return errors.New("it does not take the key of the environment; put the public half into the user's authorized_keys")
	case slices.ContainsFunc([]string{"EOF", "reset by peer", "handshake failed"}, func(word string) bool { return strings.Contains(err.Error(), word) }):
		return fmt.Errorf("it broke the connection off: %w", err)
	}
	return err
}
