/**
 * The generated models of `@kubernetes/client-node` describe what that client hands out: `Date` objects, and names
 * such as `_from` where JSON says `from`. `Wire<T>` turns a model into the JSON that really travels, so that the
 * field names stay upstream's without a hand-written copy.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Plain}` ? Plain : Key]: Wire<T[Key]> }
      : T;
