import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { EventRecorder } from '../../../shared/client/event-recorder.ts';
import type { SharedInformers } from '../../../shared/client/shared-informers.ts';
import type { Clock, Logger } from '../../../shared/logger.ts';

/** What every controller is made of. The client and the recorder carry the controller's own name. */
export interface ControllerDeps {
  client: ApiClient;
  events: EventRecorder;
  informers: SharedInformers;
  clock: Clock;
  log: Logger;
}

/** A controller as the composition root sees it. */
export interface RunningController {
  readonly name: string;
  /** Called once the informers have their first list. */
  start(): void;
  stop(): Promise<void>;
}
