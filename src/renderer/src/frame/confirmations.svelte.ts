/** A question before something that cannot be undone. */
export interface Confirmation {
  title: string;
  /** What goes with it, one line each. */
  consequences: readonly string[];
  /** The verb on the button. */
  action: string;
  /** Must be typed first. */
  typeName?: string;
}

/** Asks one question at a time; a further one waits for nobody, since a dialog is modal. */
export class Confirmations {
  current = $state.raw<(Confirmation & { answer: (yes: boolean) => void }) | null>(null);

  /** Resolves with whether the user agreed. */
  ask(confirmation: Confirmation): Promise<boolean> {
    return new Promise((resolve) => {
      this.current = {
        ...confirmation,
        answer: (yes) => {
          this.current = null;
          resolve(yes);
        },
      };
    });
  }
}
