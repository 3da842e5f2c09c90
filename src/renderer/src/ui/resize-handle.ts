import type { Attachment } from 'svelte/attachments';

export interface ResizeOptions {
  /** Which way a drag grows the thing: a dock grows upwards, an inspector to the left, a column to the right. */
  grows: 'up' | 'left' | 'right';
  min: number;
  max: () => number;
  size: () => number;
  onresize: (size: number) => void;
  onend?: () => void;
}

const KEY_STEP_PX = 16;

/** Makes a separator resize something, by pointer and by arrow keys. */
export function resizeHandle(options: ResizeOptions): Attachment<HTMLElement> {
  const clamp = (size: number): number => Math.round(Math.min(Math.max(size, options.min), options.max()));
  const along = (event: PointerEvent): number =>
    options.grows === 'up' ? -event.clientY : options.grows === 'left' ? -event.clientX : event.clientX;

  return (handle) => {
    let start: { at: number; size: number } | null = null;

    const down = (event: PointerEvent): void => {
      start = { at: along(event), size: options.size() };
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      event.stopPropagation();
    };
    const move = (event: PointerEvent): void => {
      if (start) options.onresize(clamp(start.size + along(event) - start.at));
    };
    const up = (): void => {
      if (start) options.onend?.();
      start = null;
    };
    const key = (event: KeyboardEvent): void => {
      const grow = { up: 'ArrowUp', left: 'ArrowLeft', right: 'ArrowRight' }[options.grows];
      const shrink = { up: 'ArrowDown', left: 'ArrowRight', right: 'ArrowLeft' }[options.grows];
      const step = event.key === grow ? KEY_STEP_PX : event.key === shrink ? -KEY_STEP_PX : 0;
      if (step === 0) return;
      event.preventDefault();
      event.stopPropagation();
      options.onresize(clamp(options.size() + step));
      options.onend?.();
    };

    handle.addEventListener('pointerdown', down);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', up);
    handle.addEventListener('pointercancel', up);
    handle.addEventListener('keydown', key);
    return () => {
      handle.removeEventListener('pointerdown', down);
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('pointerup', up);
      handle.removeEventListener('pointercancel', up);
      handle.removeEventListener('keydown', key);
    };
  };
}
