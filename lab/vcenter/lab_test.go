package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const testPassword = "VMware1!practice"

// testScenario has what the tests need and page_cap 3, so that answers of many areas must be paged.
const testScenario = `{"datacenter":"DatabanxDC","cluster":"C1","hosts":["esx-01","esx-02"],
"datastore":{"name":"vsanDatastore","capacity_gib":100,"free_gib":80},"port_groups":["QUAD_VLAN_1_STD","ISOLATED_TEST"],"page_cap":3,
"vms":[
{"name":"pgtest1","instance_uuid":"4205784a-0000-4000-8000-000000000001","guest_os":"otherLinux64Guest","num_cpu":2,"memory_mb":128,"power":"poweredOn","network":"QUAD_VLAN_1_STD","mac":"00:50:56:85:00:01","change_tracking":true,
 "disks":[{"size_mib":8,"image":"a.raw","backing_uuid":"6000C295-0001"},{"size_mib":4,"backing_uuid":"6000C295-0002"}]},
{"name":"off","instance_uuid":"4205784a-0000-4000-8000-000000000002","guest_os":"windows2019srv_64Guest","num_cpu":2,"memory_mb":128,"power":"poweredOff","network":"ISOLATED_TEST","mac":"00:50:56:85:00:02","change_tracking":false,
 "disks":[{"size_mib":4,"image":"a.raw","backing_uuid":"6000C295-0003"}]},
{"name":"mixed","instance_uuid":"4205784a-0000-4000-8000-000000000003","guest_os":"otherLinux64Guest","num_cpu":2,"memory_mb":128,"power":"poweredOn","network":"ISOLATED_TEST","mac":"00:50:56:85:00:03","change_tracking":true,
 "disks":[{"size_mib":4,"backing_uuid":"6000C295-0004"},{"size_mib":4,"backing_uuid":"6000C295-0005","kind":"rdm"},{"size_mib":4,"backing_uuid":"6000C295-0006","kind":"independent"}]},
{"name":"twin","folder":"left","instance_uuid":"4205784a-0000-4000-8000-000000000004","guest_os":"otherLinux64Guest","num_cpu":1,"memory_mb":64,"power":"poweredOn","network":"ISOLATED_TEST","mac":"00:50:56:85:00:04","change_tracking":false,"disks":[]},
{"name":"twin","folder":"right","instance_uuid":"4205784a-0000-4000-8000-000000000005","guest_os":"otherLinux64Guest","num_cpu":1,"memory_mb":64,"power":"poweredOn","network":"ISOLATED_TEST","mac":"00:50:56:85:00:05","change_tracking":false,"disks":[]},
{"name":"O'Brien's Büro","instance_uuid":"4205784a-0000-4000-8000-000000000006","guest_os":"otherLinux64Guest","num_cpu":1,"memory_mb":64,"power":"poweredOn","network":"ISOLATED_TEST","mac":"00:50:56:85:00:06","change_tracking":false,"disks":[{"size_mib":1,"backing_uuid":"6000C295-0007"}]}
]}`

// imageBytes is what a.raw holds: two runs of data with a hole between them.
func imageBytes() []byte {
	raw := make([]byte, 3<<20)
	for i := range 128 << 10 {
		raw[i] = byte(i*7 + 1)
		raw[2<<20+i] = byte(i*13 + 5)
	}
	return raw
}

type rig struct {
	t      *testing.T
	lab    *Running
	given  Options
	client *govmomi.Client
	ctx    context.Context
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "s.json"), []byte(testScenario), 0o600))
	image, err := os.Create(filepath.Join(dir, "a.raw"))
	must(t, err)
	must(t, image.Truncate(3<<20))
	raw := imageBytes()
	for _, at := range []int{0, 2 << 20} {
		_, err = image.WriteAt(raw[at:at+128<<10], int64(at))
		must(t, err)
	}
	must(t, image.Close())
	t.Setenv("TMPDIR", dir)
	r := &rig{t: t, ctx: context.Background(), given: Options{
		Scenario: filepath.Join(dir, "s.json"), Images: dir, State: filepath.Join(dir, "state"),
		Listen: "127.0.0.1:0", Control: "127.0.0.1:0", NBD: "127.0.0.1:0", OracleKept: 12,
		User: "administrator@vsphere.local", Password: testPassword,
	}}
	r.start()
	return r
}

// start starts the lab on its state directory, again if it ran before.
func (r *rig) start() {
	r.t.Helper()
	lab, err := start(r.given)
	must(r.t, err)
	r.t.Cleanup(lab.Close)
	r.lab = lab
	r.client = r.login()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) soap() *soap.Client {
	u, err := url.Parse(r.lab.Ready.SDKURL)
	must(r.t, err)
	c := soap.NewClient(u, false)
	must(r.t, c.SetRootCAs(r.lab.Ready.CAPEMFile))
	return c
}

func (r *rig) login() *govmomi.Client {
	r.t.Helper()
	u, err := soap.ParseURL(r.lab.Ready.SDKURL)
	must(r.t, err)
	c, err := newVim(r.ctx, r.soap())
	must(r.t, err)
	u.User = url.UserPassword("administrator@vsphere.local", testPassword)
	client := &govmomi.Client{Client: c, SessionManager: newSession(c)}
	must(r.t, client.SessionManager.Login(r.ctx, u.User))
	return client
}

// vm finds a VM by its name.
func (r *rig) vm(name string) *object.VirtualMachine {
	r.t.Helper()
	var list []struct{ VM, Name string }
	r.get("/lab/vms", &list)
	for _, v := range list {
		if v.Name == name {
			return object.NewVirtualMachine(r.client.Client, vmRef(v.VM))
		}
	}
	r.t.Fatalf("no VM %s", name)
	return nil
}

func (r *rig) snapshot(vm *object.VirtualMachine, name string) types.ManagedObjectReference {
	r.t.Helper()
	task, err := vm.CreateSnapshot(r.ctx, name, "a test", false, true)
	must(r.t, err)
	info, err := task.WaitForResult(r.ctx, nil)
	must(r.t, err)
	return info.Result.(types.ManagedObjectReference)
}

func (r *rig) remove(vm *object.VirtualMachine, ref types.ManagedObjectReference) {
	r.t.Helper()
	consolidate := true
	task, err := vm.RemoveSnapshot(r.ctx, ref.Value, false, &consolidate)
	must(r.t, err)
	must(r.t, task.Wait(r.ctx))
}

// backing returns a snapshot's own disk backing.
func (r *rig) backing(ref types.ManagedObjectReference, key int32) *types.VirtualDiskFlatVer2BackingInfo {
	r.t.Helper()
	var snap mo.VirtualMachineSnapshot
	must(r.t, property.DefaultCollector(r.client.Client).RetrieveOne(r.ctx, ref, []string{"config.hardware.device"}, &snap))
	for _, disk := range virtualDisks(snap.Config.Hardware.Device) {
		if disk.Key == key {
			return disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		}
	}
	r.t.Fatalf("snapshot %s has no disk %d", ref.Value, key)
	return nil
}

func (r *rig) control(method, path string, body []byte, into any) int {
	r.t.Helper()
	req, err := http.NewRequest(method, r.lab.Ready.ControlURL+path, bytes.NewReader(body))
	must(r.t, err)
	req.Header.Set("Authorization", "Bearer "+r.lab.Ready.ControlToken)
	res, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(r.t, err)
	switch v := into.(type) {
	case nil:
	case *[]byte:
		*v = raw
	default:
		if err := json.Unmarshal(raw, into); err != nil {
			r.t.Fatalf("%s %s: %s: %v", method, path, raw, err)
		}
	}
	if into == nil && res.StatusCode >= 300 {
		r.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	return res.StatusCode
}

func (r *rig) get(path string, into any) { r.t.Helper(); r.control("GET", path, nil, into) }

func (r *rig) post(path string, body string) {
	r.t.Helper()
	r.control("POST", path, []byte(body), nil)
}

func (r *rig) write(vm string, key int32, offset int64, data []byte) {
	r.t.Helper()
	r.control("POST", fmt.Sprintf("/lab/write?vm=%s&key=%d&offset=%d", url.QueryEscape(vm), key, offset), data, nil)
}

func (r *rig) read(vm string, key int32, offset, length int64) []byte {
	r.t.Helper()
	var raw []byte
	r.get(fmt.Sprintf("/lab/read?vm=%s&key=%d&offset=%d&length=%d", url.QueryEscape(vm), key, offset, length), &raw)
	return raw
}

// oracle returns the copy of a disk that the lab took at a snapshot.
func (r *rig) oracle(ref types.ManagedObjectReference, key int32) []byte {
	r.t.Helper()
	var list []oracleEntry
	r.get("/lab/oracle", &list)
	for _, entry := range list {
		if entry.Snapshot == ref.Value && entry.Key == key {
			raw, err := os.ReadFile(entry.Path)
			must(r.t, err)
			return raw
		}
	}
	r.t.Fatalf("no oracle copy of %s disk %d", ref.Value, key)
	return nil
}
