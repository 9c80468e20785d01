package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmware/govmomi/fault"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func envelope(body string) string {
	return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

const this = `<_this type="VirtualMachine">vm-1</_this>`

func TestStrictnessNamesWhatIsWrong(t *testing.T) {
	cases := []struct{ name, body, says string }{
		{"right order", `<CreateSnapshot_Task xmlns="urn:vim25">` + this + `<name>n</name><description>d</description><memory>false</memory><quiesce>true</quiesce></CreateSnapshot_Task>`, ""},
		{"wrong order", `<CreateSnapshot_Task xmlns="urn:vim25">` + this + `<name>n</name><memory>false</memory><description>d</description><quiesce>true</quiesce></CreateSnapshot_Task>`, `"description"`},
		{"missing element", `<CreateSnapshot_Task xmlns="urn:vim25">` + this + `<name>n</name><memory>false</memory></CreateSnapshot_Task>`, "quiesce is missing"},
		{"unknown element", `<CreateSnapshot_Task xmlns="urn:vim25">` + this + `<name>n</name><memory>false</memory><quiesce>true</quiesce><force>true</force></CreateSnapshot_Task>`, "force"},
		{"wrong namespace", `<CurrentTime xmlns="urn:vim"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>`, "namespace"},
		{"reference without type", `<CurrentTime xmlns="urn:vim25"><_this>ServiceInstance</_this></CurrentTime>`, "needs the attribute type"},
		{"unknown method", `<Frobnicate xmlns="urn:vim25"><_this type="X">x</_this></Frobnicate>`, "Unknown method"},
		{"options left out", `<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">p</_this><specSet><propSet><type>VirtualMachine</type></propSet><objectSet><obj type="VirtualMachine">v</obj></objectSet></specSet></RetrievePropertiesEx>`, "options is missing"},
		{"traversal without xsi:type", `<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">p</_this><specSet><propSet><type>VirtualMachine</type></propSet><objectSet><obj type="ContainerView">v</obj><skip>true</skip><selectSet><name>v</name><type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet></specSet><options/></RetrievePropertiesEx>`, `"type"`},
		{"traversal with xsi:type", `<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">p</_this><specSet><propSet><type>VirtualMachine</type></propSet><objectSet><obj type="ContainerView">v</obj><skip>true</skip><selectSet xsi:type="TraversalSpec"><name>v</name><type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet></specSet><options/></RetrievePropertiesEx>`, ""},
		{"device without xsi:type", `<ReconfigVM_Task xmlns="urn:vim25">` + this + `<spec><deviceChange><operation>add</operation><device><key>1</key></device></deviceChange></spec></ReconfigVM_Task>`, "VirtualDevice is abstract"},
		{"device of a foreign type", `<ReconfigVM_Task xmlns="urn:vim25">` + this + `<spec><deviceChange><operation>add</operation><device xsi:type="Event"><key>1</key></device></deviceChange></spec></ReconfigVM_Task>`, "must be a VirtualDevice"},
		{"disk with backing", `<ReconfigVM_Task xmlns="urn:vim25">` + this + `<spec><deviceChange><operation>add</operation><fileOperation>create</fileOperation><device xsi:type="VirtualDisk"><key>2001</key><backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>f</fileName><diskMode>persistent</diskMode><thinProvisioned>true</thinProvisioned></backing><controllerKey>1000</controllerKey><unitNumber>1</unitNumber><capacityInKB>8192</capacityInKB></device></deviceChange></spec></ReconfigVM_Task>`, ""},
		{"element twice", `<CreateSnapshot_Task xmlns="urn:vim25">` + this + `<name>n</name><name>m</name><memory>false</memory><quiesce>true</quiesce></CreateSnapshot_Task>`, "twice"},
	}
	for _, c := range cases {
		_, complaint := checkRequest([]byte(envelope(c.body)))
		if (c.says == "") != (complaint == "") || !strings.Contains(complaint, c.says) {
			t.Errorf("%s: %q", c.name, complaint)
		}
	}
}

func (r *rig) rawSOAP(body, cookie string, action string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequest("POST", r.lab.Ready.SDKURL, strings.NewReader(envelope(body)))
	must(r.t, err)
	req.Header.Set("Cookie", cookie)
	if action != "" {
		req.Header.Set("SOAPAction", action)
	}
	res, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: pinned(r.lab.Ready.ThumbprintSHA1)}}).Do(req)
	must(r.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(r.t, err)
	return res.StatusCode, string(raw)
}

func TestEveryCallNeedsASession(t *testing.T) {
	r := newRig(t)
	retrieve := `<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet><propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet><obj type="Folder">group-d1</obj></objectSet></specSet><options/></RetrievePropertiesEx>`
	status, text := r.rawSOAP(retrieve, "", "urn:vim25/8.0.0.0")
	if status != 500 || !strings.Contains(text, `xsi:type="NotAuthenticated"`) || !strings.Contains(text, "The session is not authenticated.") {
		t.Fatalf("%d %s", status, text)
	}
	status, text = r.rawSOAP(`<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent>`, "", "urn:vim25/8.0.0.0")
	if status != 200 || !strings.Contains(text, "<version>8.0.3</version>") {
		t.Fatalf("%d %s", status, text)
	}
	status, text = r.rawSOAP(`<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>administrator@vsphere.local</userName><password>guess</password></Login>`, "", "urn:vim25/8.0.0.0")
	if status != 500 || !strings.Contains(text, `xsi:type="InvalidLogin"`) || !strings.Contains(text, "incorrect user name or password") {
		t.Fatalf("%d %s", status, text)
	}
	status, text = r.rawSOAP(retrieve, "", "")
	if status != 500 || !strings.Contains(text, "SOAPAction") {
		t.Fatalf("%d %s", status, text)
	}
}

func TestSessionsExpireAtOnce(t *testing.T) {
	r := newRig(t)
	_, err := methods.GetCurrentTime(r.ctx, r.client)
	must(t, err)
	var answer struct{ Expired int }
	if r.control("POST", "/lab/sessions/expire", []byte(`{}`), &answer); answer.Expired != 1 {
		t.Fatalf("expired %d sessions", answer.Expired)
	}
	if _, err := methods.GetCurrentTime(r.ctx, r.client); !fault.Is(err, &types.NotAuthenticated{}) {
		t.Fatalf("%v", err)
	}
	r.login()
}

func TestAnUnknownPropertyFailsTheWholeCall(t *testing.T) {
	r := newRig(t)
	_, err := methods.RetrievePropertiesEx(r.ctx, r.client, &types.RetrievePropertiesEx{
		This: r.client.ServiceContent.PropertyCollector,
		SpecSet: []types.PropertyFilterSpec{{
			PropSet:   []types.PropertySpec{{Type: "VirtualMachine", PathSet: []string{"name", "config.nonsense"}}},
			ObjectSet: []types.ObjectSpec{{Obj: r.vm("pgtest1").Reference()}},
		}},
	})
	if !fault.Is(err, &types.InvalidProperty{}) {
		t.Fatalf("%v", err)
	}
}

func (r *rig) folder(path, user, password string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequest("GET", "https://"+r.lab.Ready.Host+"/folder/"+path+"?dcPath=DatabanxDC&dsName=vsanDatastore", nil)
	must(r.t, err)
	req.SetBasicAuth(user, password)
	res, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: pinned(r.lab.Ready.ThumbprintSHA1)}}).Do(req)
	must(r.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(r.t, err)
	return res.StatusCode, raw
}

func TestFolderServesOnlyDisksAtRestAndOnlyToUsers(t *testing.T) {
	r := newRig(t)
	user := r.lab.Ready.User
	if status, raw := r.folder("off/off-flat.vmdk", user, testPassword); status != 200 || !bytes.Equal(raw[:3<<20], imageBytes()) {
		t.Fatalf("a disk at rest: %d", status)
	}
	if status, _ := r.folder("off/off-flat.vmdk", user, "wrong"); status != 401 {
		t.Fatalf("wrong password: %d", status)
	}
	r.snapshot(r.vm("pgtest1"), "s")
	for _, file := range []string{"pgtest1.vmdk", "pgtest1-flat.vmdk", "pgtest1-000001-delta.vmdk"} {
		if status, _ := r.folder("pgtest1/"+file, user, testPassword); status != 403 {
			t.Errorf("%s of a running VM: %d", file, status)
		}
	}
	if status, _ := r.folder("..%2f..%2flab.json", user, testPassword); status == 200 {
		t.Error("read outside the datastore")
	}
}

func TestControlIsGuardedAndStrict(t *testing.T) {
	r := newRig(t)
	req, err := http.NewRequest("GET", r.lab.Ready.ControlURL+"/lab/vms", nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer guess")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != 401 {
		t.Fatal(res.Status)
	}
	var answer struct{ Error string }
	for path, body := range map[string]string{
		"/lab/hold":  `{"vm":"pgtest1","key":2000,"ofset":1}`,
		"/lab/fault": `{"method":"CreateSnapshot_Task","fault":"NoSuchFault","where":"task"}`,
		"/lab/delay": `{"method":"CurrentTime","ms":1,"where":"task"}`,
	} {
		if status := r.control("POST", path, []byte(body), &answer); status != 400 || answer.Error == "" {
			t.Errorf("%s %s: %d %q", path, body, status, answer.Error)
		}
	}
	if status := r.control("POST", "/lab/hold", []byte(`{"vm":"twin","key":2000,"offset":0}`), &answer); status != 409 {
		t.Errorf("an ambiguous name: %d", status)
	}
	if got := r.read("4205784a-0000-4000-8000-000000000006", 2000, 0, 16); len(got) != 16 {
		t.Error("no read by instance UUID")
	}
	r.write("O'Brien's Büro", 2000, 0, []byte("x"))
}

func TestInventoryChangesShow(t *testing.T) {
	r := newRig(t)
	r.post("/lab/vm/rename", `{"vm":"pgtest1","name":"renamed"}`)
	r.post("/lab/vm/consolidation", `{"vm":"renamed","needed":true}`)
	r.post("/lab/vm/power", `{"vm":"renamed","power":"poweredOff"}`)
	r.post("/lab/vm/change-tracking", `{"vm":"renamed","enabled":false}`)
	r.post("/lab/vm/remove", `{"vm":"mixed"}`)
	r.post("/lab/datastore", `{"free_bytes":12345678}`)
	var store struct {
		Free int64 `json:"free_bytes"`
	}
	if r.get("/lab/datastore", &store); store.Free != 12345678 {
		t.Fatalf("datastore: %+v", store)
	}
	var list []struct {
		Name, Power   string
		Consolidation bool `json:"consolidation_needed"`
		Tracks        bool `json:"change_tracking"`
	}
	r.get("/lab/vms", &list)
	seen := map[string]bool{}
	for _, v := range list {
		seen[v.Name] = true
		if v.Name == "renamed" && (v.Power != "poweredOff" || !v.Consolidation || v.Tracks) {
			t.Fatalf("%+v", v)
		}
	}
	if !seen["renamed"] || seen["pgtest1"] || seen["mixed"] {
		t.Fatalf("%v", seen)
	}
	var calls map[string]int
	if r.get("/lab/calls", &calls); calls["Login"] != 1 || calls["Rename_Task"] != 0 {
		t.Fatalf("calls: %v", calls)
	}
}

func TestTheProgramStartsTellsAndEndsCleanly(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "s.json"), []byte(strings.ReplaceAll(testScenario, `"image":"a.raw",`, "")), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "password"), []byte(testPassword+"\n"), 0o600))
	self, err := os.Executable()
	must(t, err)
	var certificates []string
	for range 2 {
		cmd := exec.Command(self, "-scenario", filepath.Join(dir, "s.json"), "-images", dir, "-state", filepath.Join(dir, "state"), "-password-file", filepath.Join(dir, "password"))
		cmd.Env = append(os.Environ(), "LAB_TEST_RUN=1")
		stdout, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		line := make([]byte, 4096)
		n, err := stdout.Read(line)
		must(t, err)
		if !bytes.HasPrefix(line[:n], []byte(`{"ready":true,`)) || bytes.Contains(line[:n], []byte(testPassword)) {
			t.Fatalf("%s", line[:n])
		}
		written, err := os.ReadFile(filepath.Join(dir, "state", "lab.json"))
		must(t, err)
		info, err := os.Stat(filepath.Join(dir, "state", "lab.json"))
		must(t, err)
		if !bytes.Equal(written, line[:n]) || info.Mode().Perm() != 0o600 {
			t.Fatalf("lab.json: %s %s", info.Mode(), written)
		}
		certificate, err := os.ReadFile(filepath.Join(dir, "state", "tls", "cert.pem"))
		must(t, err)
		certificates = append(certificates, string(certificate))
		begun := time.Now()
		must(t, cmd.Process.Signal(syscall.SIGTERM))
		must(t, cmd.Wait())
		if time.Since(begun) > 5*time.Second {
			t.Fatal("it took long to end")
		}
		left, err := os.ReadDir(filepath.Join(dir, "state", "tmp"))
		must(t, err)
		if len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
	}
	if certificates[0] != certificates[1] {
		t.Fatal("the certificate changed between starts")
	}
}
