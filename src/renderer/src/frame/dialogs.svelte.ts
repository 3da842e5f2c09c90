import type { DeploymentRow } from '../../../shared/view/rows.ts';

/** The forms that open over any page. */
export type AppDialog =
  | { kind: 'scale'; deployment: DeploymentRow }
  | { kind: 'set-image'; deployment: DeploymentRow }
  | { kind: 'roll-back'; deployment: DeploymentRow }
  | { kind: 'create-namespace' };

/** Which form is open. */
export class Dialogs {
  current = $state.raw<AppDialog | null>(null);

  open(dialog: AppDialog): void {
    this.current = dialog;
  }

  close(): void {
    this.current = null;
  }
}
