package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// A vCenter does not forget when it restarts: what follows writes every change down, so that a lab that was
// stopped or killed comes back with the same VMs, snapshots, layers and change IDs.

const inventoryDir = "inventory"

// keptLab is inventory/lab.json; it is written last, so its presence says that the inventory is whole.
type keptLab struct {
	// Scenario is a hash: another scenario is another vCenter.
	Scenario string `json:"scenario"`
	// Starts counts; references made after different starts never meet.
	Starts        int   `json:"starts"`
	CapacityBytes int64 `json:"capacity_bytes"`
	FreeBytes     int64 `json:"free_bytes"`
}

// keptVM is inventory/<moref>.json; the simulator's parts are in vim25's own JSON.
type keptVM struct {
	Ref           string           `json:"ref"`
	Name          string           `json:"name"`
	Folder        string           `json:"folder"`
	Host          string           `json:"host"`
	Power         string           `json:"power"`
	Consolidation bool             `json:"consolidation"`
	Config        json.RawMessage  `json:"config"`
	SummaryConfig json.RawMessage  `json:"summary_config"`
	Guest         json.RawMessage  `json:"guest"`
	SummaryGuest  json.RawMessage  `json:"summary_guest"`
	Layout        json.RawMessage  `json:"layout"`
	LayoutEx      json.RawMessage  `json:"layout_ex"`
	SnapshotTree  json.RawMessage  `json:"snapshot_tree"`
	Disks         map[int32]string `json:"disks"` // by key: the stem below the datastore
	Snapshots     []keptSnapshot   `json:"snapshots"`
}

type keptSnapshot struct {
	Ref         string               `json:"ref"`
	Name        string               `json:"name"`
	Description string               `json:"description"`
	Quiesced    bool                 `json:"quiesced"`
	Created     string               `json:"created"`
	Config      json.RawMessage      `json:"config"`
	Disks       map[int32]keptFrozen `json:"disks"`
}

type keptFrozen struct {
	Stem string `json:"stem"`
	N    uint64 `json:"n"`
}

// keptDisk is <stem>.disk.json beside the disk's files.
type keptDisk struct {
	Key      int32          `json:"key"`
	Kind     string         `json:"kind"`
	FileName string         `json:"file_name"`
	Capacity int64          `json:"capacity"`
	ImageEnd int64          `json:"image_end"`
	TrackID  string         `json:"track_id"`
	Seq      uint64         `json:"seq"`
	Layers   []keptLayer    `json:"layers"`
	Frozen   []keptDiskView `json:"frozen"`
}

type keptLayer struct {
	Path     string `json:"path"` // its delta file, beside the disk's base
	FileName string `json:"file_name"`
	OpenedBy string `json:"opened_by"`
}

type keptDiskView struct {
	Snapshot string `json:"snapshot"`
	FileName string `json:"file_name"`
	Capacity int64  `json:"capacity"`
	Top      string `json:"top"`
	ChangeID string `json:"change_id"`
	TrackID  string `json:"track_id"`
	N        uint64 `json:"n"`
}

// canResume tells whether the state directory holds the whole inventory of this scenario.
func canResume(state, scenario string) bool {
	var kept keptLab
	raw, err := os.ReadFile(filepath.Join(state, inventoryDir, "lab.json"))
	return err == nil && json.Unmarshal(raw, &kept) == nil && kept.Scenario == hashOfFile(scenario)
}

func hashOfFile(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// keep writes the whole inventory down and every change from now on.
func (l *Lab) keep(scenario string) error {
	l.keeping.Store(true)
	for _, vm := range l.sortedVMs() {
		for _, disk := range l.disksOf(vm) {
			disk.mu.Lock()
			disk.save()
			disk.mu.Unlock()
		}
		if sim, err := l.simulated(vm.ref); err == nil {
			l.saveAfter(l.fresh(), sim)
		}
	}
	l.kept.Scenario = hashOfFile(scenario)
	return l.saveLab()
}

func (l *Lab) saveLab() error {
	store, ok := l.registry.Get(l.datastore).(*simulator.Datastore)
	if !ok {
		return notFound("the datastore is gone")
	}
	ctx := l.fresh()
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx.WithLock(store, func() {
		l.kept.CapacityBytes, l.kept.FreeBytes = store.Summary.Capacity, store.Summary.FreeSpace
	})
	return writeJSON(filepath.Join(l.stateDir, inventoryDir, "lab.json"), l.kept)
}

// isKept tells whether a property belongs to what is written down.
func isKept(change types.PropertyChange) bool {
	for _, part := range []string{"config", "name", "runtime", "snapshot", "rootSnapshot"} {
		if change.Name == part || strings.HasPrefix(change.Name, part+".") {
			return true
		}
	}
	return false
}

func (l *Lab) saveAfter(ctx *simulator.Context, vm *simulator.VirtualMachine) {
	l.mu.Lock()
	known := l.vms[vm.Self.Value] != nil
	l.mu.Unlock()
	if known {
		ctx.WithLock(vm, func() { l.saveVM(&vm.VirtualMachine) })
	}
}

func (l *Lab) keptVMPath(ref string) string {
	return filepath.Join(l.stateDir, inventoryDir, ref+".json")
}

// saveVM writes a VM down; the caller holds its lock.
func (l *Lab) saveVM(vm *mo.VirtualMachine) {
	if !l.keeping.Load() {
		return
	}
	kept := keptVM{
		Ref: vm.Self.Value, Name: vm.Name, Folder: l.folderOf(vm), Host: l.hostOf(vm),
		Power: string(vm.Runtime.PowerState), Consolidation: vm.Runtime.ConsolidationNeeded,
		Config: encoded(vm.Config), SummaryConfig: encoded(vm.Summary.Config), Guest: encoded(vm.Guest),
		SummaryGuest: encoded(vm.Summary.Guest), Layout: encoded(vm.Layout), LayoutEx: encoded(vm.LayoutEx),
		SnapshotTree: encoded(vm.Snapshot), Disks: map[int32]string{},
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	lab := l.vms[vm.Self.Value]
	if lab == nil {
		return
	}
	for key, disk := range lab.disks {
		kept.Disks[key] = l.stemBelowStore(disk)
	}
	for _, snap := range l.snapshots {
		if snap.vm == vm.Self.Value {
			kept.Snapshots = append(kept.Snapshots, l.keptSnapshot(snap))
		}
	}
	if err := writeJSON(l.keptVMPath(vm.Self.Value), kept); err != nil {
		log.Printf("VM %s is not written down: %v", vm.Name, err)
	}
}

func (l *Lab) keptSnapshot(snap *snapshot) keptSnapshot {
	kept := keptSnapshot{
		Ref: snap.ref.Value, Name: snap.name, Description: snap.description, Quiesced: snap.quiesced,
		Created: snap.created, Config: snap.config, Disks: map[int32]keptFrozen{},
	}
	for key, frozen := range snap.disks {
		kept.Disks[key] = keptFrozen{Stem: l.stemBelowStore(frozen.disk), N: frozen.n}
	}
	return kept
}

func (l *Lab) stemBelowStore(disk *Disk) string {
	stem, err := filepath.Rel(l.storeDir, disk.stem())
	if err != nil {
		return disk.stem()
	}
	return stem
}

func (l *Lab) folderOf(vm *mo.VirtualMachine) string {
	if vm.Parent == nil || *vm.Parent == l.vmFolder {
		return ""
	}
	if folder, ok := l.registry.Get(*vm.Parent).(*simulator.Folder); ok {
		return folder.Name
	}
	return ""
}

func (l *Lab) hostOf(vm *mo.VirtualMachine) string {
	if vm.Runtime.Host == nil {
		return ""
	}
	if host, ok := l.registry.Get(*vm.Runtime.Host).(*simulator.HostSystem); ok {
		return host.Name
	}
	return ""
}

// keepConfig takes over the simulator's configuration of a snapshot.
func (l *Lab) keepConfig(snap *snapshot) {
	sim, ok := l.registry.Get(snap.ref).(*simulator.VirtualMachineSnapshot)
	if !ok {
		return
	}
	raw := encoded(&sim.Config)
	l.mu.Lock()
	defer l.mu.Unlock()
	snap.config = raw
}

// saveDisk writes a disk's structure down; the caller holds its lock.
func (l *Lab) saveDisk(d *Disk) {
	kept := keptDisk{
		Key: d.key, Kind: d.kind, FileName: d.fileName, Capacity: d.capacity, ImageEnd: d.imageEnd,
		TrackID: d.trackID, Seq: d.seq,
	}
	for _, each := range d.layers {
		kept.Layers = append(kept.Layers, keptLayer{filepath.Base(each.path), each.fileName, each.openedBy})
	}
	for _, f := range d.frozen {
		view := keptDiskView{
			Snapshot: f.snapshot, FileName: f.fileName, Capacity: f.capacity,
			ChangeID: f.changeID, TrackID: f.trackID, N: f.n,
		}
		if f.top != nil {
			view.Top = filepath.Base(f.top.path)
		}
		kept.Frozen = append(kept.Frozen, view)
	}
	if err := writeJSON(d.stem()+".disk.json", kept); err != nil {
		log.Printf("disk %s is not written down: %v", d.fileName, err)
	}
}

func (l *Lab) forgetKept(vm string) { os.Remove(l.keptVMPath(vm)) }

func (l *Lab) oracleListPath() string { return filepath.Join(l.stateDir, "oracle", "list.json") }

// saveOracle writes the list of copies down; the caller holds the lab's lock.
func (l *Lab) saveOracle() {
	if err := writeJSON(l.oracleListPath(), l.oracle); err != nil {
		log.Printf("the oracle's list is not written down: %v", err)
	}
}

// writeJSON replaces a file as a whole: a lab that is killed leaves the old or the new one.
func writeJSON(path string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// encoded is vim25's JSON of one of its values; null for nothing.
func encoded(value any) json.RawMessage {
	var buffer bytes.Buffer
	if err := types.NewJSONEncoder(&buffer).Encode(value); err != nil {
		log.Printf("%T cannot be encoded: %v", value, err)
		return json.RawMessage("null")
	}
	return buffer.Bytes()
}

func decoded[T any](raw json.RawMessage, into *T) error {
	return types.NewJSONDecoder(bytes.NewReader(raw)).Decode(into)
}
