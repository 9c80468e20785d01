package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// Options are the command line.
type Options struct {
	Scenario, Images, State, Listen, Control, NBD, User, Password string

	// OracleKept is the number of newest snapshots a VM whose oracle copies stay; 0 = all.
	OracleKept int
	// Fresh builds everything anew, whatever the state directory holds.
	Fresh bool
}

// Ready is what the lab tells when it can be used.
type Ready struct {
	Ready            bool   `json:"ready"`
	PID              int    `json:"pid"`
	SDKURL           string `json:"sdk_url"`
	Host             string `json:"host"`
	ControlURL       string `json:"control_url"`
	ControlToken     string `json:"control_token"`
	NBDAddress       string `json:"nbd_address"`
	CAPEMFile        string `json:"ca_pem_file"`
	ThumbprintSHA1   string `json:"thumbprint_sha1"`
	ThumbprintSHA256 string `json:"thumbprint_sha256"`
	User             string `json:"user"`
}

// Running is a started lab.
type Running struct {
	Ready Ready
	lab   *Lab
	model *simulator.Model
	close []func()
}

// start builds the inventory and serves it; everything it writes lies below the state directory.
func start(o Options) (*Running, error) {
	scenario, err := loadScenario(o.Scenario)
	if err != nil {
		return nil, err
	}
	state, err := filepath.Abs(o.State)
	if err != nil {
		return nil, err
	}
	resumed := !o.Fresh && canResume(state, o.Scenario)
	if err := prepareState(state, resumed); err != nil {
		return nil, err
	}
	certificate, pemFile, err := persistentCertificate(filepath.Join(state, "tls"))
	if err != nil {
		return nil, err
	}
	r := &Running{}
	listeners := make([]net.Listener, 3)
	for i, address := range []string{o.Listen, o.Control, o.NBD} {
		if listeners[i], err = net.Listen("tcp", address); err != nil {
			r.Close()
			return nil, err
		}
		r.close = append(r.close, func() { listeners[i].Close() })
	}
	if err := r.build(scenario, state, o, listeners[0].Addr().String(), resumed); err != nil {
		r.Close()
		return nil, err
	}
	token, err := persistentToken(filepath.Join(state, "control-token"))
	if err != nil {
		r.Close()
		return nil, err
	}
	r.lab.nbd = newNBDServer(r.lab, listeners[2])
	go r.lab.nbd.serve()
	r.serve(listeners[0], listeners[1], certificate, token)
	sha1hex, sha256hex := thumbprints(certificate.Certificate[0])
	r.Ready = Ready{
		Ready: true, PID: os.Getpid(), Host: listeners[0].Addr().String(),
		SDKURL:     "https://" + listeners[0].Addr().String() + "/sdk",
		ControlURL: "http://" + listeners[1].Addr().String(), ControlToken: token,
		NBDAddress: listeners[2].Addr().String(), CAPEMFile: pemFile,
		ThumbprintSHA1: sha1hex, ThumbprintSHA256: sha256hex, User: o.User,
	}
	return r, nil
}

// prepareState makes the directories; unless the lab resumes what it had, they begin empty.
func prepareState(state string, resumed bool) error {
	old := []string{"tmp"}
	if !resumed {
		old = append(old, inventoryDir, "datastore", "oracle")
	}
	for _, dir := range old {
		if err := os.RemoveAll(filepath.Join(state, dir)); err != nil {
			return err
		}
	}
	for _, dir := range []string{inventoryDir, "datastore", "oracle", "tmp", "tls"} {
		if err := os.MkdirAll(filepath.Join(state, dir), 0o700); err != nil {
			return err
		}
	}
	// The simulator makes its temporary directories where TMPDIR says.
	return os.Setenv("TMPDIR", filepath.Join(state, "tmp"))
}

func (r *Running) build(scenario *Scenario, state string, o Options, host string, resumed bool) error {
	l := newLab(scenario, state)
	l.oracleKept = o.OracleKept
	l.storeDir = filepath.Join(state, "datastore", scenario.Datastore.Name)
	if err := os.MkdirAll(l.storeDir, 0o700); err != nil {
		return err
	}
	model, err := createModel(scenario)
	r.lab, r.model = l, model
	if err != nil {
		return err
	}
	l.service, l.registry = model.Service, model.Map()
	l.service.Listen = &url.URL{Scheme: "https", Host: host, Path: "/sdk", User: url.UserPassword(o.User, o.Password)}
	l.service.RegisterSDK(l.registry, l.registry.Path+"/vimService")
	l.registry.SessionManager().ServiceHostName = host
	l.registry.OptionManager().UpdateOptions(&types.UpdateOptions{ChangedValue: []types.BaseOptionValue{
		&types.OptionValue{Key: "vcsim.server.url", Value: "https://" + host + "/sdk"},
	}})
	l.registry.Put(l)
	l.registry.Handler = l.Handler
	l.registry.AddHandler(&watcher{lab: l})
	if l.client, err = vim25.NewClient(context.WithValue(context.Background(), internalCall, true), l.service); err != nil {
		return err
	}
	if resumed {
		err = l.resume()
	} else {
		err = l.seed(o.Images)
	}
	if err != nil {
		return err
	}
	return l.keep(o.Scenario)
}

func (r *Running) serve(sdk, control net.Listener, certificate tls.Certificate, token string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/sdk", r.lab.serveSDK)
	mux.HandleFunc("/sdk/", r.lab.serveSDK)
	mux.HandleFunc("/sdk/vimServiceVersions.xml", r.lab.service.ServiceVersions)
	mux.HandleFunc("/folder/", r.lab.serveFolder)
	mux.HandleFunc("/vddk/open", r.lab.serveVDDK)
	quiet := log.New(discard{}, "", 0)
	server := &http.Server{
		Handler: mux, ErrorLog: quiet, ReadHeaderTimeout: 30 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12},
		// Without HTTP/2: there a dropped connection would be only a stream's reset.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	side := &http.Server{Handler: r.lab.controlMux(token), ErrorLog: quiet, ReadHeaderTimeout: 30 * time.Second}
	go func() { _ = server.ServeTLS(sdk, "", "") }()
	go func() { _ = side.Serve(control) }()
	r.close = append(r.close, func() { server.Close() }, func() { side.Close() })
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Close ends servers and removes what the simulator left in its temporary directory.
func (r *Running) Close() {
	for _, end := range r.close {
		end()
	}
	if r.lab != nil && r.lab.nbd != nil {
		r.lab.nbd.cut("")
	}
	if r.lab != nil {
		for _, vm := range r.lab.sortedVMs() {
			r.lab.stopChurn(vm)
		}
	}
	if r.model != nil && r.model.Service != nil {
		r.model.Remove()
	}
}

// announce writes lab.json by rename, so that a reader never sees half of it.
func (r *Running) announce(state string) error {
	raw, err := json.Marshal(r.Ready)
	if err != nil {
		return err
	}
	path := filepath.Join(state, "lab.json")
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	fmt.Println(string(raw))
	return nil
}

// persistentCertificate makes the lab's own certificate once; clients may pin it across restarts.
func persistentCertificate(dir string) (tls.Certificate, string, error) {
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		return pair, certFile, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "practice vCenter"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		return tls.Certificate{}, "", err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(certFile, certPEM, 0o644); err != nil {
		return tls.Certificate{}, "", err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	return pair, certFile, err
}

// persistentToken makes the control token once; whoever holds it goes on after a restart.
func persistentToken(file string) (string, error) {
	if raw, err := os.ReadFile(file); err == nil && len(raw) == 48 {
		return string(raw), nil
	}
	token := randomHex(24)
	return token, os.WriteFile(file, []byte(token), 0o600)
}

func thumbprints(der []byte) (sha1hex, sha256hex string) {
	sum := sha256.Sum256(der)
	return colonHex(sha1Sum(der)), colonHex(sum[:])
}

func colonHex(sum []byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}
