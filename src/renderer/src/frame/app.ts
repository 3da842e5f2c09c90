import { createContext } from 'svelte';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { Link } from '../live/link.svelte.ts';
import type { LiveClient } from '../live/live-client.ts';
import type { InfoSubscription, OverviewSubscription } from '../live/subscriptions.svelte.ts';
import type { Tasks } from '../ui/tasks.svelte.ts';
import type { Toasts } from '../ui/toasts.svelte.ts';
import type { Confirmations } from './confirmations.svelte.ts';
import type { Dialogs } from './dialogs.svelte.ts';
import type { Dock } from './dock.svelte.ts';
import type { Router } from './router.svelte.ts';
import type { Theme } from './theme.svelte.ts';

/** What every view can reach. Made once by the entry, handed down by context. */
export interface App {
  live: LiveClient;
  link: Link;
  /** Requests to the API server as the signed-in user; every write of the screen goes through it. */
  api: ApiClient;
  router: Router;
  theme: Theme;
  dock: Dock;
  tasks: Tasks;
  toasts: Toasts;
  confirmations: Confirmations;
  dialogs: Dialogs;
  /** Followed for as long as the window is open: the frame needs namespaces and the number of problems everywhere. */
  overview: OverviewSubscription;
  info: InfoSubscription;
}

export const [useApp, setApp] = createContext<App>();
