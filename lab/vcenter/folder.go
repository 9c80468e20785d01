package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// serveFolder is the datastore browser of files: it reads, with a session or Basic auth, what is not in use.
func (l *Lab) serveFolder(w http.ResponseWriter, r *http.Request) {
	if !l.basicAuthOK(r) && !l.cookieIsLive(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
		http.Error(w, "401 Unauthorized", http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "the practice vCenter's /folder is read-only", http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	if query.Get("dcPath") != l.scenario.Datacenter || query.Get("dsName") != l.scenario.Datastore.Name {
		http.Error(w, "404 no such datacenter or datastore", http.StatusNotFound)
		return
	}
	path := filepath.Join(l.storeDir, filepath.Clean("/"+strings.TrimPrefix(r.URL.Path, "/folder/")))
	if !l.scenario.ServeRunningFolder && l.inRunningChain(path) {
		http.Error(w, "403 the file is locked: it belongs to the disk chain of a running VM", http.StatusForbidden)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		http.Error(w, "404 no such file", http.StatusNotFound)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		http.Error(w, "404 no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, file)
}

func (l *Lab) basicAuthOK(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && l.passwordOK(user, password)
}

func (l *Lab) passwordOK(user, password string) bool {
	wanted, _ := l.service.Listen.User.Password()
	return user == l.service.Listen.User.Username() && password == wanted
}

const currentTime = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>` +
	`<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>` +
	`</soapenv:Body></soapenv:Envelope>`

// cookieIsLive asks the simulator itself: its sessions are private.
func (l *Lab) cookieIsLive(r *http.Request) bool {
	if r.Header.Get("Cookie") == "" {
		return false
	}
	probe := httptest.NewRequest(http.MethodPost, "/sdk", strings.NewReader(currentTime))
	probe.Header.Set("Cookie", r.Header.Get("Cookie"))
	answer := httptest.NewRecorder()
	l.service.ServeSDK(answer, probe)
	return answer.Code == http.StatusOK
}

func (l *Lab) inRunningChain(path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, vm := range l.vms {
		if vm.power != types.VirtualMachinePowerStatePoweredOn {
			continue
		}
		for _, disk := range vm.disks {
			for _, fileName := range disk.files() {
				stem := strings.TrimSuffix(l.localPath(fileName), ".vmdk")
				if path == stem+".vmdk" || path == stem+"-flat.vmdk" || path == stem+"-delta.vmdk" {
					return true
				}
			}
		}
	}
	return false
}
