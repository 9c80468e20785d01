package main

import (
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// QueryChangedDiskAreas answers for one snapshot and disk: "*" = allocated areas, else changed since the ID.
func (l *Lab) QueryChangedDiskAreas(ctx *simulator.Context, req *types.QueryChangedDiskAreas) soap.HasFault {
	body := &methods.QueryChangedDiskAreasBody{}
	frozen, fault := l.frozenFor(req)
	if fault == nil {
		var hit func(int64) bool
		if hit, fault = frozen.hits(req.ChangeId); fault == nil {
			walk := areaWalk{start: req.StartOffset, limit: l.scenario.PageCap, frozen: frozen, hit: hit}
			var info types.DiskChangeInfo
			if info, fault = l.answers.given(req, walk); fault == nil {
				body.Res = &types.QueryChangedDiskAreasResponse{Returnval: info}
				return body
			}
		}
	}
	body.Fault_ = simulator.Fault(sentence(fault), fault)
	return body
}

func (l *Lab) frozenFor(req *types.QueryChangedDiskAreas) (*frozenDisk, types.BaseMethodFault) {
	if req.Snapshot == nil {
		return nil, &types.InvalidArgument{InvalidProperty: "snapshot"}
	}
	l.mu.Lock()
	snap := l.snapshots[req.Snapshot.Value]
	l.mu.Unlock()
	if snap == nil {
		return nil, &types.ManagedObjectNotFound{Obj: *req.Snapshot}
	}
	if snap.vm != req.This.Value {
		return nil, &types.InvalidArgument{InvalidProperty: "snapshot"}
	}
	frozen := snap.disks[req.DeviceKey]
	if frozen == nil {
		return nil, &types.InvalidArgument{InvalidProperty: "deviceKey"}
	}
	if req.StartOffset < 0 || req.StartOffset >= frozen.capacity {
		return nil, &types.InvalidArgument{InvalidProperty: "startOffset"}
	}
	return frozen, nil
}

// hits returns the test for "this grain belongs into the answer".
func (f *frozenDisk) hits(changeID string) (func(int64) bool, types.BaseMethodFault) {
	f.disk.mu.RLock()
	current := f.disk.trackID
	f.disk.mu.RUnlock()
	if f.changeID == "" || f.trackID != current {
		return nil, &types.FileFault{File: f.name()}
	}
	if changeID == "*" {
		return f.alloc.has, nil
	}
	id, number, found := strings.Cut(changeID, "/")
	n, err := strconv.ParseUint(number, 10, 64)
	if !found || err != nil || id == "" {
		return nil, &types.InvalidArgument{InvalidProperty: "changeId"}
	}
	if id != f.trackID || n > f.n {
		return nil, &types.FileFault{File: f.name()}
	}
	return func(block int64) bool { return f.epochs[block] > n }, nil
}

// page merges neighbouring grains into at most limit areas; a full page ends at the next hit.
func (f *frozenDisk) page(start int64, limit int, hit func(int64) bool) types.DiskChangeInfo {
	info := types.DiskChangeInfo{StartOffset: start, Length: f.capacity - start}
	for block := start / grain; block*grain < f.capacity; block++ {
		if !hit(block) {
			continue
		}
		from, to := max(start, block*grain), min(f.capacity, (block+1)*grain)
		if n := len(info.ChangedArea); n > 0 && info.ChangedArea[n-1].Start+info.ChangedArea[n-1].Length == from {
			info.ChangedArea[n-1].Length += to - from
			continue
		}
		if len(info.ChangedArea) == limit {
			info.Length = from - start
			return info
		}
		info.ChangedArea = append(info.ChangedArea, types.DiskChangeExtent{Start: from, Length: to - from})
	}
	return info
}
