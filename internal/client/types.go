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
