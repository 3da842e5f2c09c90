/** The provisioner of the class `local-path`: a directory of the node on which the claim's first pod runs. */
export const LOCAL_PROVISIONER = 'wheelhouse.dev/local-path';
/** The StorageClass that is there from the start. */
export const LOCAL_CLASS = 'local-path';

/** On a PersistentVolume: whether more than its capacity can be written to it; `false` where nothing stops that. */
export const CAPACITY_ENFORCED_ANNOTATION = 'storage.wheelhouse.dev/capacity-enforced';

/** Directories that agents keep for volumes. Both do nothing when there is nothing left to do. */
export interface NodeVolumes {
  /** Makes it, empty, and returns its path on the machine. Throws when the node cannot be reached or refuses. */
  make(node: string, name: string): Promise<string>;
  /** Removes it with everything in it. */
  remove(node: string, name: string): Promise<void>;
}

/** Names that a volume's directory may have: one path element that is neither hidden nor `..`. */
export const isVolumeDirectoryName = (name: string): boolean => /^[a-z0-9][a-z0-9._-]{0,254}$/.test(name);
