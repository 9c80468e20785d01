package main

import (
	"os"
	"path/filepath"
)

// loadDisks opens every disk that the VM or one of its snapshots needs, by stem.
func (l *Lab) loadDisks(kept *keptVM) (map[string]*Disk, error) {
	disks := map[string]*Disk{}
	need := func(stem string) (err error) {
		if disks[stem] == nil {
			disks[stem], err = l.loadDisk(filepath.Join(l.storeDir, stem))
		}
		return err
	}
	for _, stem := range kept.Disks {
		if err := need(stem); err != nil {
			return nil, err
		}
	}
	for _, snap := range kept.Snapshots {
		for _, at := range snap.Disks {
			if err := need(at.Stem); err != nil {
				return nil, err
			}
		}
	}
	return disks, nil
}

func (l *Lab) loadDisk(stem string) (*Disk, error) {
	var kept keptDisk
	if err := readJSONFile(stem+".disk.json", &kept); err != nil {
		return nil, err
	}
	d := &Disk{
		key: kept.Key, kind: kept.Kind, fileName: kept.FileName, basePath: stem + "-flat.vmdk",
		capacity: kept.Capacity, imageEnd: kept.ImageEnd, trackID: kept.TrackID, seq: kept.Seq,
	}
	d.saved = func() { l.saveDisk(d) }
	var err error
	if d.base, err = os.OpenFile(d.basePath, os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if d.epochs, err = mapWords(d.epochsPath(), grains(d.capacity)); err != nil {
		return nil, err
	}
	byPath := map[string]*layer{}
	for _, k := range kept.Layers {
		each := &layer{path: filepath.Join(filepath.Dir(stem), k.Path), fileName: k.FileName, openedBy: k.OpenedBy}
		if each.file, err = os.OpenFile(each.path, os.O_RDWR, 0o600); err != nil {
			return nil, err
		}
		if each.bits, err = mapBitmap(each.path+".bits", grains(d.capacity)); err != nil {
			return nil, err
		}
		d.layers, byPath[k.Path] = append(d.layers, each), each
	}
	for _, k := range kept.Frozen {
		view := &frozenDisk{
			disk: d, snapshot: k.Snapshot, fileName: k.FileName, capacity: k.Capacity, top: byPath[k.Top],
			changeID: k.ChangeID, trackID: k.TrackID, n: k.N,
		}
		if err := view.read(d.frozenPath(k.N)); err != nil {
			return nil, err
		}
		d.frozen = append(d.frozen, view)
	}
	return d, nil
}
