import type { App } from './app.ts';
import { errorText } from './error-text.ts';

/** Something done to the cluster in the user's name, and the words for both outcomes. */
export interface Deed {
  /** "scale web": completes "Could not …". */
  doing: string;
  /** "Scaled web to 5". */
  done: string;
  run: () => Promise<unknown>;
  /** Takes it back; offered for ten seconds. */
  undo?: () => Promise<unknown>;
}

/** Does it and says how it went. Resolves with whether it succeeded: the message is the handling of the error. */
export async function perform(app: Pick<App, 'toasts'>, deed: Deed): Promise<boolean> {
  try {
    await deed.run();
  } catch (error) {
    const { title, reason, remedy } = errorText(`Could not ${deed.doing}`, error);
    app.toasts.failed(title, [reason, remedy].filter(Boolean).join(' '));
    return false;
  }
  const { undo } = deed;
  app.toasts.done(
    deed.done,
    undo && (() => void perform(app, { doing: `undo: ${deed.done}`, done: `Undone: ${deed.done}`, run: undo })),
  );
  return true;
}

/** Does several alike, one after another, and says so once. */
export async function performAll<T>(
  app: Pick<App, 'toasts'>,
  items: readonly T[],
  deed: { doing: string; done: string; run: (item: T) => Promise<unknown> },
): Promise<void> {
  await perform(app, {
    doing: deed.doing,
    done: deed.done,
    run: async () => {
      for (const item of items) await deed.run(item);
    },
  });
}
