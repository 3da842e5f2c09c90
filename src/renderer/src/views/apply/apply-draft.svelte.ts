/**
 * The text being written. It outlives the page, so that looking something up elsewhere loses nothing; it is kept in
 * memory only, since manifests hold Secrets.
 */
class ApplyDraft {
  text = $state.raw('');
}

export const applyDraft = new ApplyDraft();
