/** What is known of an image that pods have used; times in milliseconds since the epoch. */
export interface ImageRecord {
  firstSeen: number;
  lastUsed: number;
}

export interface KnownImage extends ImageRecord {
  id: string;
  sizeBytes: number;
  /** Whether any container on the machine, ours or not, was made from it. */
  inUse: boolean;
}

/** imageGCHighThresholdPercent, imageGCLowThresholdPercent, imageMinimumGCAge. */
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
const MIN_AGE_MS = 120_000;

/** How many bytes have to go; 0 while the disk is less than 85 % full. */
export function bytesToFree(capacity: number, available: number): number {
  if (capacity <= 0) return 0;
  const usedPercent = 100 - Math.floor((available * 100) / capacity);
  if (usedPercent < HIGH_PERCENT) return 0;
  return Math.max(0, Math.floor((capacity * (100 - LOW_PERCENT)) / 100) - available);
}

/** Images that may go, the one unused for longest first (pkg/kubelet/images/image_gc_manager.go). */
export function removable(images: readonly KnownImage[], now: number): KnownImage[] {
  return images
    .filter(({ inUse, firstSeen }) => !inUse && now - firstSeen >= MIN_AGE_MS)
    .sort((a, b) => a.lastUsed - b.lastUsed || a.firstSeen - b.firstSeen);
}

/** The records after a look: used images are used now, images that are gone are forgotten. */
export function afterUse(
  before: ReadonlyMap<string, ImageRecord>,
  present: ReadonlySet<string>,
  usedByPods: ReadonlySet<string>,
  now: number,
): Map<string, ImageRecord> {
  const kept = [...before].filter(([id]) => present.has(id));
  const used = [...usedByPods].map((id): [string, ImageRecord] => [
    id,
    { firstSeen: before.get(id)?.firstSeen ?? now, lastUsed: now },
  ]);
  return new Map([...kept, ...used]);
}
