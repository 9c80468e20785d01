package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options of nbdkit 1.32 that take a value in the next argument; all others stand alone.
var nbdkitValued = map[string]bool{
	"-D": true, "--debug": true, "-e": true, "--exportname": true, "--export-name": true, "--export": true,
	"--filter": true, "-g": true, "--group": true, "-i": true, "--ipaddr": true, "--ip-addr": true, "--log": true,
	"--mask-handshake": true, "-P": true, "--pidfile": true, "--pid-file": true, "-p": true, "--port": true,
	"--run": true, "--selinux-label": true, "--swap": false, "-t": true, "--threads": true, "--tls": true,
	"--tls-certificates": true, "--tls-psk": true, "--tls-verify-peer": false, "-U": true, "--unix": true,
	"-u": true, "--user": true,
}

// Parameters of the vddk plugin (nbdkit-vddk-plugin(1)); everything else belongs to a filter.
var vddkParameters = map[string]bool{
	"compression": true, "config": true, "cookie": true, "file": true, "libdir": true, "nfchostport": true,
	"password": true, "port": true, "server": true, "single-link": true, "snapshot": true, "thumbprint": true,
	"transports": true, "unbuffered": true, "user": true, "vimapiver": true, "vm": true,
}

// commandLine is an nbdkit invocation taken apart.
type commandLine struct {
	options  []string
	plugin   string
	vddk     map[string]string
	others   []string
	readOnly bool
}

// runWrapper is the program when it is called as nbdkit: it plays the vddk plugin, and only that.
func runWrapper(args []string) int {
	parsed := parseNbdkit(args)
	if parsed.plugin != "vddk" {
		return execReal(args)
	}
	translated, err := translate(parsed)
	if err != nil {
		fmt.Fprintf(os.Stderr, "nbdkit: error: vddk: %v\n", err)
		return 1
	}
	return execReal(translated)
}

// parseNbdkit follows getopt_long: options may stand anywhere, values may be joined.
func parseNbdkit(args []string) commandLine {
	c := commandLine{vddk: map[string]string{}}
	onlyNames := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case onlyNames || arg == "-" || !strings.HasPrefix(arg, "-"):
			c.name(arg)
		case arg == "--":
			onlyNames = true
		default:
			c.options = append(c.options, arg)
			if isReadOnly(arg) {
				c.readOnly = true
			}
			if takesNext(arg) && i+1 < len(args) {
				i++
				c.options = append(c.options, args[i])
			}
		}
	}
	return c
}

func (c *commandLine) name(arg string) {
	if c.plugin == "" {
		c.plugin = arg
		return
	}
	key, value, found := strings.Cut(arg, "=")
	if !found {
		key, value = "file", arg // the plugin's magic parameter
	}
	if vddkParameters[key] {
		c.vddk[key] = value
		return
	}
	c.others = append(c.others, arg)
}

func isReadOnly(arg string) bool {
	if strings.HasPrefix(arg, "--") {
		return arg == "--readonly" || arg == "--read-only"
	}
	for _, letter := range arg[1:] {
		if nbdkitValued["-"+string(letter)] {
			return false
		}
		if letter == 'r' {
			return true
		}
	}
	return false
}

func takesNext(arg string) bool {
	if strings.HasPrefix(arg, "--") {
		return nbdkitValued[arg]
	}
	for i, letter := range arg[1:] {
		if nbdkitValued["-"+string(letter)] {
			return i == len(arg)-2 // else the rest of the argument is the value
		}
	}
	return false
}

// translate asks the lab for an export and returns the command line of nbdkit's nbd plugin.
func translate(c commandLine) ([]string, error) {
	for _, needed := range []string{"libdir", "server", "user", "password", "thumbprint", "vm", "file"} {
		if c.vddk[needed] == "" {
			return nil, fmt.Errorf("the parameter ‘%s’ is required by the practice vCenter", needed)
		}
	}
	password, err := readPassword(c.vddk["password"])
	if err != nil {
		return nil, err
	}
	moref, ok := strings.CutPrefix(c.vddk["vm"], "moref=")
	if !ok {
		return nil, errors.New("the parameter ‘vm’ must be moref=vm-NNN")
	}
	opened, err := askLab(c, password, vddkOpen{VM: moref, Snapshot: c.vddk["snapshot"], File: c.vddk["file"], ReadOnly: c.readOnly})
	if err != nil {
		return nil, err
	}
	out := append(append([]string{}, c.options...), "nbd",
		"hostname="+opened.Host, "port="+strconv.Itoa(opened.Port), "export="+opened.Export)
	return append(out, c.others...), nil
}

// readPassword takes -FD (an inherited descriptor) or +FILE; in clear it would stand in the process list.
func readPassword(value string) (string, error) {
	var raw []byte
	var err error
	switch {
	case strings.HasPrefix(value, "+"):
		raw, err = os.ReadFile(value[1:])
	case len(value) > 1 && value[0] == '-':
		fd, convErr := strconv.Atoi(value[1:])
		if convErr != nil || fd < 0 {
			return "", errors.New("password=-FD needs the number of a file descriptor")
		}
		file := os.NewFile(uintptr(fd), "password")
		if file == nil {
			return "", errors.New("password=-FD names no open file descriptor")
		}
		raw, err = io.ReadAll(file)
		file.Close()
	default:
		return "", errors.New("the practice vCenter takes the password only as -FD or +FILE, never in clear")
	}
	if err != nil {
		return "", fmt.Errorf("the password could not be read: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

func askLab(c commandLine, password string, req vddkOpen) (*vddkOpened, error) {
	host := c.vddk["server"]
	if port := c.vddk["port"]; port != "" {
		host = net.JoinHostPort(strings.Split(host, ":")[0], port)
	} else if !strings.Contains(host, ":") {
		host = net.JoinHostPort(host, "443")
	}
	body, _ := json.Marshal(req)
	request, err := http.NewRequest(http.MethodPost, "https://"+host+"/vddk/open", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(c.vddk["user"], password)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: pinned(c.vddk["thumbprint"])}}
	res, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("VixDiskLib_ConnectEx: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		vddkOpened
		Error string `json:"error"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("VixDiskLib_ConnectEx: %s did not answer as the practice vCenter does: %w", host, err)
	}
	if res.StatusCode == http.StatusUnauthorized {
		return nil, fmt.Errorf("VixDiskLib_ConnectEx: %s", answer.Error)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("VixDiskLib_Open: %s: %s", req.File, answer.Error)
	}
	return &answer.vddkOpened, nil
}

// pinned trusts exactly the certificate with this SHA-1 thumbprint, as VDDK does.
func pinned(thumbprint string) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // the thumbprint below takes the place of a chain
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) > 0 && strings.EqualFold(colonHex(sha1Sum(raw[0])), thumbprint) {
				return nil
			}
			return errors.New("the server's certificate does not have the thumbprint given")
		},
	}
}

func sha1Sum(data []byte) []byte {
	sum := sha1.Sum(data)
	return sum[:]
}

// execReal becomes the real nbdkit: the same process, so that signals, descriptors and the parent stay.
func execReal(args []string) int {
	path, err := realNbdkit()
	if err == nil {
		err = syscall.Exec(path, append([]string{"nbdkit"}, args...), os.Environ())
	}
	fmt.Fprintf(os.Stderr, "nbdkit: error: %v\n", err)
	return 1
}

func realNbdkit() (string, error) {
	if path := os.Getenv("LAB_REAL_NBDKIT"); path != "" {
		return path, nil
	}
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return "", err
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		candidate := filepath.Join(dir, "nbdkit")
		info, err := os.Stat(candidate)
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 || os.SameFile(info, self) {
			continue
		}
		return candidate, nil
	}
	return "", errors.New("the real nbdkit is neither in LAB_REAL_NBDKIT nor on PATH; install the package nbdkit")
}
