import { ApiClient } from '../../../shared/client/api-client.ts';
import type { Connect } from '../live/connection.ts';
import { Link } from '../live/link.svelte.ts';
import { LiveClient } from '../live/live-client.ts';
import { liveTransport } from '../live/request.ts';
import { InfoSubscription, OverviewSubscription } from '../live/subscriptions.svelte.ts';
import { Tasks } from '../ui/tasks.svelte.ts';
import { Toasts } from '../ui/toasts.svelte.ts';
import type { App } from './app.ts';
import { Confirmations } from './confirmations.svelte.ts';
import { Dialogs } from './dialogs.svelte.ts';
import { Dock } from './dock.svelte.ts';
import { Router } from './router.svelte.ts';
import { Theme } from './theme.svelte.ts';

/** Builds what the views reach, over the given connection. The caller starts `live` when the page is up. */
export function createApp(connect: Connect, window: Window): App {
  const live = new LiveClient(connect, {
    timers: {
      now: () => Date.now(),
      set: (callback, ms) => setTimeout(callback, ms),
      clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout> | undefined),
    },
    random: () => Math.random(),
  });
  const link = new Link(live);
  return {
    live,
    link,
    api: new ApiClient(liveTransport(live), 'wheelhouse-ui'),
    router: new Router(window),
    theme: new Theme(),
    dock: new Dock(),
    tasks: new Tasks(),
    toasts: new Toasts(),
    confirmations: new Confirmations(),
    dialogs: new Dialogs(),
    overview: new OverviewSubscription(link),
    info: new InfoSubscription(link),
  };
}
