package blob

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// S3Config says where a bucket is and how to enter it. As text it is
//
//	s3://KEY:SECRET@host:port/bucket/prefix?region=eu-central-1&tls=off
//
// where everything after the bucket is optional. Without KEY:SECRET@ the
// credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN.
type S3Config struct {
	Endpoint string // host, or host:port
	Bucket   string
	Prefix   string // of every key; empty, or it ends with a slash
	Region   string // asked of the server when empty
	Plain    bool   // HTTP instead of HTTPS

	key, secret, token string
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixPart = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// errS3Shape quotes nothing of what was given: a secret that is not escaped
// turns up in any part of it.
var errS3Shape = errors.New("the bucket is written s3://KEY:SECRET@host:port/bucket/prefix?region=…&tls=off, with a / in the secret as %2F")

// UnmarshalText reads an s3:// URL. Its errors do not repeat the secret.
func (c *S3Config) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "s3" || u.Hostname() == "" || u.Fragment != "" {
		return errS3Shape
	}
	found := S3Config{Endpoint: u.Host}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if !bucketName.MatchString(bucket) {
		return fmt.Errorf("name a bucket after the host: 3 to 63 lower-case letters, digits, dots and hyphens; %w", errS3Shape)
	}
	found.Bucket = bucket
	if prefix != "" {
		for part := range strings.SplitSeq(prefix, "/") {
			if !prefixPart.MatchString(part) || strings.Trim(part, ".") == "" {
				return errors.New("the prefix after the bucket has letters, digits, dots, hyphens and underscores between its slashes")
			}
		}
		found.Prefix = prefix + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errS3Shape
	}
	for name, values := range query {
		switch value := values[len(values)-1]; {
		case name == "region":
			found.Region = value
		case name == "tls" && (value == "on" || value == "off"):
			found.Plain = value == "off"
		default:
			return errors.New("after the ? of the bucket stand only region=… and tls=on or tls=off")
		}
	}
	if err := found.enter(u.User); err != nil {
		return err
	}
	*c = found
	return nil
}

// enter takes the credentials from the URL, or from the environment.
func (c *S3Config) enter(user *url.Userinfo) error {
	c.key, c.secret, c.token = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")
	if user != nil {
		c.key, c.token = user.Username(), ""
		c.secret, _ = user.Password()
	}
	if c.key == "" || c.secret == "" {
		return errors.New("the bucket needs a key and its secret: KEY:SECRET@ before the host, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return nil
}

// Named tells whether a bucket was named at all.
func (c S3Config) Named() bool { return c.Bucket != "" }

// String names the bucket without its credentials, for logs and errors.
func (c S3Config) String() string {
	if !c.Named() {
		return ""
	}
	return "s3://" + c.Endpoint + "/" + strings.TrimSuffix(c.Bucket+"/"+c.Prefix, "/")
}

// GoString is String, so that no way of printing shows the secret.
func (c S3Config) GoString() string { return c.String() }
