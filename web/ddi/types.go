package ddi

// The JSON that devices read. Numbers of actions are strings that hold a number
// of 32 bits: SWUpdate parses them as such, and the RAUC updater stops without a
// word at anything else.

type link struct {
	Href string `json:"href"`
}

// deploymentBody is what to install. Of Deployment and Confirmation one is set.
type deploymentBody struct {
	ID           string          `json:"id"`
	Deployment   *deploymentPart `json:"deployment,omitempty"`
	Confirmation *deploymentPart `json:"confirmation,omitempty"`
	History      *historyPart    `json:"actionHistory,omitempty"`
}

type deploymentPart struct {
	Download string  `json:"download"`
	Update   string  `json:"update"`
	Chunks   []chunk `json:"chunks"`
}

type historyPart struct {
	Status   string   `json:"status"`
	Messages []string `json:"messages"`
}

type chunk struct {
	Part      string     `json:"part"`
	Version   string     `json:"version"`
	Name      string     `json:"name"`
	Artifacts []artifact `json:"artifacts"`
}

type artifact struct {
	Filename string          `json:"filename"`
	Hashes   hashes          `json:"hashes"`
	Size     int64           `json:"size"`
	Links    map[string]link `json:"_links"`
}

type hashes struct {
	SHA1   string `json:"sha1"`
	MD5    string `json:"md5"`
	SHA256 string `json:"sha256"`
}

type cancelBody struct {
	ID     string     `json:"id"`
	Cancel cancelPart `json:"cancelAction"`
}

type cancelPart struct {
	StopID string `json:"stopId"`
}

type confirmationBody struct {
	AutoConfirm autoConfirm     `json:"autoConfirm"`
	Links       map[string]link `json:"_links,omitempty"`
}

type autoConfirm struct {
	Active bool `json:"active"`
}

// errorBody is how hawkBit words its errors.
type errorBody struct {
	ExceptionClass string `json:"exceptionClass"`
	ErrorCode      string `json:"errorCode"`
	Message        string `json:"message"`
}
