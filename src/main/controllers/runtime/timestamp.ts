/** RFC 3339 to the second, as `metav1.Time` is written. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
