package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
)

const maxSoapBytes = 32 << 20

// serveSDK stands before the simulator's SOAP service: counts, delays, drops, and refuses sloppy requests.
func (l *Lab) serveSDK(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxSoapBytes))
	if err != nil {
		http.Error(w, "unreadable request", http.StatusBadRequest)
		return
	}
	method, complaint := checkRequest(raw)
	if method != "" {
		l.mu.Lock()
		l.calls[method]++
		l.mu.Unlock()
	}
	l.faults.wait("call", method)
	if l.faults.dropNow(method, "before") {
		cutConnection(w, nil)
	}
	if complaint == "" && !strings.HasPrefix(strings.Trim(r.Header.Get("SOAPAction"), `"`), "urn:vim25") {
		complaint = "The SOAPAction header must name the API version, such as urn:vim25/8.0.0.0"
	}
	if complaint != "" {
		writeInvalidRequest(w, complaint)
		return
	}
	answer := &recorder{header: w.Header(), status: http.StatusOK}
	inner := r.Clone(r.Context())
	inner.Body = io.NopCloser(bytes.NewReader(raw))
	l.answerOne(method, answer, inner)
	body := speakHuman(answer.body.Bytes())
	if l.faults.dropNow(method, "after") {
		cutConnection(w, body)
	}
	w.Header().Set("Content-Type", `text/xml; charset="utf-8"`)
	w.WriteHeader(answer.status)
	_, _ = w.Write(body)
}

// answerOne says on stderr what panicked: the simulator's locks do not survive a panic, so it must never pass unseen.
func (l *Lab) answerOne(method string, w http.ResponseWriter, r *http.Request) {
	defer func() {
		if broken := recover(); broken != nil {
			fmt.Fprintf(os.Stderr, "%s panicked: %v\n%s\n", method, broken, debug.Stack())
			panic(http.ErrAbortHandler)
		}
	}()
	l.service.ServeMux.ServeHTTP(w, r)
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// cutConnection aborts the answer; with a body its first bytes get out, else the client sees an empty reply.
func cutConnection(w http.ResponseWriter, body []byte) {
	if len(body) > 0 {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		w.(http.Flusher).Flush()
	}
	panic(http.ErrAbortHandler)
}

func writeInvalidRequest(w http.ResponseWriter, complaint string) {
	w.Header().Set("Content-Type", `text/xml; charset="utf-8"`)
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>%s</faultstring><detail><InvalidRequestFault xmlns="urn:vim25" xsi:type="InvalidRequest"></InvalidRequestFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
		html.EscapeString(complaint))
}

var (
	goTypeMessage = regexp.MustCompile(`<localizedMessage>\*types\.(\w+)</localizedMessage>`)
	emptyFault    = regexp.MustCompile(`<faultstring></faultstring><detail><\w+ [^>]*?xsi:type="(\w+)"`)
	faultMessage  = regexp.MustCompile(`<message>([^<]*)</message>`)
	faultFile     = regexp.MustCompile(`<file>([^<]*)</file>`)
)

// speakHuman gives faults the sentence a vCenter would: the simulator puts Go type names, or nothing.
func speakHuman(body []byte) []byte {
	text := string(body)
	for {
		at := goTypeMessage.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		name := text[at[2]:at[3]]
		start := strings.LastIndex(text[:at[0]], "<fault ")
		said := messageFor(name, text[max(start, 0):at[0]])
		text = text[:at[0]] + "<localizedMessage>" + said + "</localizedMessage>" + text[at[1]:]
	}
	if at := emptyFault.FindStringSubmatchIndex(text); at != nil {
		said := messageFor(text[at[2]:at[3]], text[at[1]:])
		text = strings.Replace(text, "<faultstring></faultstring>", "<faultstring>"+said+"</faultstring>", 1)
	}
	text = strings.Replace(text, "<faultstring>Login failure</faultstring>", "<faultstring>"+sentences["InvalidLogin"]+"</faultstring>", 1)
	return []byte(text)
}

// messageFor returns escaped text: what stands in the XML already is.
func messageFor(name, faultXML string) string {
	if own := faultMessage.FindStringSubmatch(faultXML); own != nil {
		return own[1]
	}
	if file := faultFile.FindStringSubmatch(faultXML); file != nil && name == "FileFault" {
		return "Error caused by file " + file[1]
	}
	return html.EscapeString(sentenceByName(name))
}
