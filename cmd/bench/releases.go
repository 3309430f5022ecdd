package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/PuerkitoBio/goquery"
)

func document(client *http.Client, address string) (*goquery.Document, error) {
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	return goquery.NewDocumentFromReader(response.Body)
}

// firstRelease gives the key of the first release in the list.
func firstRelease(client *http.Client, base string) (string, error) {
	doc, err := document(client, base+"/releases")
	if err != nil {
		return "", err
	}
	for _, link := range doc.Find("main table a").EachIter() {
		href, _ := link.Attr("href")
		if rest, ok := strings.CutPrefix(href, "/releases/"); ok && rest != "new" && !strings.ContainsAny(rest, "/?") {
			return rest, nil
		}
	}
	return "", errors.New("the list shows no release")
}

// newReleaseForm reads the form of a new release as a person's browser would,
// with the first choice of every list.
func newReleaseForm(client *http.Client, base string) (url.Values, error) {
	doc, err := document(client, base+"/releases/new")
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	form := doc.Find("main form[method=post]").First()
	for _, field := range form.Find("input[name], textarea[name], select[name]").EachIter() {
		name, _ := field.Attr("name")
		value, _ := field.Attr("value")
		switch kind, _ := field.Attr("type"); {
		case field.Is("select"):
			chosen := field.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = field.Find("option[value!='']").First()
			}
			value, _ = chosen.Attr("value")
		case kind == "checkbox" || kind == "radio":
			if _, on := field.Attr("checked"); !on && (kind == "checkbox" || values.Has(name)) {
				continue
			}
		case field.Is("textarea"):
			value = field.Text()
		}
		values.Set(name, value)
	}
	if len(values) == 0 {
		return nil, errors.New("/releases/new shows no form")
	}
	values.Del("once")
	return values, nil
}

// numbers collects the identifiers that creates were given.
type numbers struct {
	mu   sync.Mutex
	keys []string
	said string // the first refusal, for whoever reads the figures
}

func newNumbers() *numbers { return &numbers{} }

func (k *numbers) create(base string, form url.Values) request {
	return func(client *http.Client, n int) (bool, error) {
		values := url.Values{}
		for name, list := range form {
			values[name] = slices.Clone(list)
		}
		values.Set("title", "Benchmark release "+strconv.Itoa(n))
		values.Set("summary", "It measures how many releases can be planned at once.")
		values.Del("key")
		response, err := client.PostForm(base+"/releases/new", values)
		if err != nil {
			return false, err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		k.mu.Lock()
		defer k.mu.Unlock()
		if response.StatusCode != http.StatusSeeOther {
			if k.said == "" {
				doc, _ := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
				k.said = response.Status + ": " + strings.Join(strings.Fields(doc.Find("[role=alert], .field-error").Text()), " ")
			}
			return false, err
		}
		k.keys = append(k.keys, path.Base(response.Header.Get("Location")))
		return true, err
	}
}

// verdict tells whether a number was given twice or left out.
func (k *numbers) verdict() string {
	if len(k.keys) == 0 {
		return "no number given; " + k.said
	}
	var ends []int
	for _, key := range k.keys {
		n, _ := strconv.Atoi(key[strings.LastIndexAny(key, ".-")+1:])
		ends = append(ends, n)
	}
	slices.Sort(ends)
	twice := len(ends) - len(slices.Compact(slices.Clone(ends)))
	missing := ends[len(ends)-1] - ends[0] + 1 - (len(ends) - twice)
	return fmt.Sprintf("%d numbers, %d twice, %d missing %s", len(ends), twice, missing, k.said)
}
