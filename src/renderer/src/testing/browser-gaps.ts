/** What every browser has and jsdom lacks. Sizes never change in jsdom, so nothing is ever reported. */
class StillResizeObserver implements ResizeObserver {
  observe(): void {
    // Nothing is laid out here.
  }

  unobserve(): void {
    // See above.
  }

  disconnect(): void {
    // See above.
  }
}

/** Fills the gaps that the app's own code and its libraries step into. */
export function fillBrowserGaps(): void {
  window.matchMedia ??= (media) =>
    Object.assign(new EventTarget(), {
      media,
      matches: false,
      onchange: null,
      addListener: () => undefined,
      removeListener: () => undefined,
    });
  window.ResizeObserver ??= StillResizeObserver;
  Element.prototype.scrollIntoView ??= () => undefined;
  Range.prototype.getClientRects ??= () => document.createElement('i').getClientRects();
  Range.prototype.getBoundingClientRect ??= () => new DOMRect();
}
