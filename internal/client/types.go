// Package client is the API of version 1 as both ends see it: the JSON types
// that the server answers with and the HTTP client that the command line uses.
// It knows nothing of what lies behind the API.
package client

// Media is one version of an item in the media library.
type Media struct {
	ID        int64  `json:"id" doc:"Number of the version, for its other addresses"`
	Ref       string `json:"ref" doc:"Name of the version" example:"payments-api/server:1.4.0"`
	Item      string `json:"item" doc:"Key of the item"`
	Name      string `json:"name" doc:"Name of the item"`
	Version   string `json:"version" doc:"Version of the item"`
	Kind      string `json:"kind" doc:"software, documentation or licence"`
	State     string `json:"state" doc:"Quarantined, Checking, Accepted, Rejected, Suspect or Retired"`
	FileName  string `json:"file_name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size" doc:"Bytes"`
	Digest    string `json:"digest" doc:"sha256: and 64 hex digits"`
	Submitter string `json:"submitter"`
}

// Submission turns an upload that has arrived whole into a version in
// quarantine. The fields from Name on make a new item and are ignored when the
// item exists already.
type Submission struct {
	Upload     string `json:"upload" doc:"Last part of the upload's address" maxLength:"64"`
	Item       string `json:"item" doc:"Key of the item" example:"payments-api/server" maxLength:"200"`
	Version    string `json:"version" doc:"Version of the item; never reused" maxLength:"200"`
	Digest     string `json:"digest,omitempty" doc:"Expected digest; other bytes are refused" maxLength:"100"`
	Source     string `json:"source,omitempty" doc:"Where the file comes from" maxLength:"1000"`
	Change     string `json:"change,omitempty" doc:"The change it belongs to" maxLength:"100"`
	Note       string `json:"note,omitempty" doc:"A word for the custodian" maxLength:"8000"`
	Name       string `json:"name,omitempty" doc:"Name of a new item" maxLength:"200"`
	Kind       string `json:"kind,omitempty" doc:"software, documentation or licence" maxLength:"20"`
	Supplier   string `json:"supplier,omitempty" doc:"Supplier of a new item that is procured; without it the item is built here" maxLength:"200"`
	Licence    string `json:"licence,omitempty" doc:"SPDX expression of a new item, or commercial" maxLength:"1000"`
	LicenceKey string `json:"licence_key,omitempty" doc:"Entitlement behind a commercial licence" maxLength:"100"`
}

// Upload is a file that is on its way, by the caller.
type Upload struct {
	ID       string `json:"id" doc:"Last part of the upload's address"`
	FileName string `json:"file_name"`
	Size     int64  `json:"size" doc:"Bytes"`
	Declared string `json:"declared,omitempty" doc:"Digest that was announced"`
	Digest   string `json:"digest,omitempty" doc:"Digest, once all of it is here"`
	Expires  string `json:"expires" doc:"When it is forgotten unless more comes (RFC 3339)"`
}

// Verification is what hashing stored bytes again has found.
type Verification struct {
	Ref    string `json:"ref"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Intact bool   `json:"intact" doc:"The stored bytes match their digest"`
}

// LibraryVerification is a look at every stored byte of the library.
type LibraryVerification struct {
	ID        int64    `json:"id"`
	State     string   `json:"state" doc:"running, ended, or failed: the store did not answer"`
	By        string   `json:"by" doc:"Who asked for it"`
	Blobs     int64    `json:"blobs" doc:"To be hashed"`
	Bytes     int64    `json:"bytes"`
	DoneBlobs int64    `json:"done_blobs" doc:"Hashed so far"`
	DoneBytes int64    `json:"done_bytes"`
	Damaged   int64    `json:"damaged" doc:"Blobs that are damaged or missing"`
	Error     string   `json:"error,omitempty" doc:"Why the store could not be read, last"`
	Suspects  []Damage `json:"suspects,omitempty" doc:"What was found damaged and has not healed since, at most 1000"`
}

func (v *LibraryVerification) underWay() bool { return v.State == Running }

// Damage is bytes that are damaged or missing.
type Damage struct {
	Digest   string   `json:"digest"`
	Size     int64    `json:"size"`
	Versions []string `json:"versions" doc:"Versions that need them, ITEM:VERSION"`
}

// CollectionRequest asks for a collection of what nothing needs.
type CollectionRequest struct {
	DryRun bool   `json:"dry_run,omitempty" doc:"Only tell what would go, when and why"`
	Grace  string `json:"grace,omitempty" doc:"How long ago bytes must have been condemned to be deleted now; at least 1h, and 24h when left out" example:"24h" maxLength:"40"`
}

// Collection is a collection, or what one would take.
type Collection struct {
	ID        int64           `json:"id,omitempty" doc:"Number of the run; none for a dry run"`
	State     string          `json:"state" doc:"planned, running or ended"`
	LetGo     int64           `json:"let_go" doc:"Versions that retention let go"`
	Condemned int64           `json:"condemned" doc:"Blobs that nothing needs"`
	Deleted   int64           `json:"deleted" doc:"Blobs, condemned before"`
	Freed     int64           `json:"freed" doc:"Bytes"`
	Uploads   int64           `json:"uploads" doc:"Uploads that were abandoned"`
	Failures  int64           `json:"failures"`
	LastError string          `json:"last_error,omitempty"`
	Plan      *CollectionPlan `json:"plan,omitempty"`
}

func (c *Collection) underWay() bool { return c.State == Running }

// The states of what a server does by itself.
const (
	Planned = "planned"
	Running = "running"
	Ended   = "ended"
	Failed  = "failed"
)

// CollectionPlan is what a collection would take now and after the grace.
type CollectionPlan struct {
	Lines   []PlanLine `json:"lines"`
	Blobs   int64      `json:"blobs" doc:"Blobs that would be deleted, now or after the grace"`
	Frees   int64      `json:"frees" doc:"Bytes of those"`
	Now     int64      `json:"now" doc:"Bytes that would be freed at once"`
	Uploads int64      `json:"uploads" doc:"Uploads that were abandoned"`
	More    bool       `json:"more" doc:"Some lines are left out"`
}

// PlanLine is something that a collection would take.
type PlanLine struct {
	What   string `json:"what" doc:"version, unneeded, condemned or orphan"`
	Name   string `json:"name,omitempty" doc:"Version, or repository"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Why    string `json:"why"`
	At     string `json:"at" doc:"When its bytes go (RFC 3339)"`
}

// Report is what another deployer says of targets of a wave.
type Report struct {
	Results []Result `json:"results" minItems:"1" maxItems:"1000"`
}

// Result is what it says of one target.
type Result struct {
	Target   string `json:"target" doc:"Key of the target" maxLength:"64"`
	Outcome  string `json:"outcome" doc:"verified, failed or rolled-back" example:"verified" maxLength:"20"`
	Digest   string `json:"digest,omitempty" doc:"What the target runs now, where it is verified or rolled back: the digest of the package or of a software component of it" maxLength:"100"`
	Reason   string `json:"reason,omitempty" doc:"How it failed" maxLength:"2000"`
	Evidence string `json:"evidence,omitempty" doc:"What shows it, such as the address of a log" maxLength:"2000"`
}

// Installed is what a target runs, as somebody found it.
type Installed struct {
	Digest  string `json:"digest" doc:"Digest of the package, or of a software component of it" maxLength:"100"`
	Version string `json:"version,omitempty" doc:"Version in words" maxLength:"200"`
}

// Reported is the answer to a report. Each result counts by itself.
type Reported struct {
	Wave    string  `json:"wave" doc:"State of the wave now"`
	Results []Taken `json:"results" doc:"One for each result, in their order"`
}

// Taken is what became of one result.
type Taken struct {
	Target string `json:"target"`
	State  string `json:"state,omitempty" doc:"State of the target now"`
	Taken  bool   `json:"taken" doc:"It counts, or said what was so already"`
	Why    string `json:"why,omitempty" doc:"Why it was not taken"`
}
