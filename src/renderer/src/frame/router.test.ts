import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Router } from './router.svelte.ts';

let router: Router;
beforeEach(() => {
  window.location.hash = '#/ns/web/pods?q=api';
  router = new Router(window);
});
afterEach(() => router.dispose());

const changed = (): Promise<void> =>
  new Promise((resolve) => window.addEventListener('hashchange', () => resolve(), { once: true }));

async function go(href: string): Promise<void> {
  const done = changed();
  router.go(href);
  await done;
}

describe('the router', () => {
  test('keeps the namespace while a cluster-wide place is shown', async () => {
    await go('#/nodes');
    expect(router.namespace).toBe('web');
    expect(router.hrefTo('deployments')).toBe('#/ns/web/deployments');
  });

  test('leads back to a list with the filters it was left with', async () => {
    await go('#/nodes');
    expect(router.hrefTo('pods')).toBe('#/ns/web/pods?q=api');
  });

  test('changes of the query replace the entry: Back leaves the page', () => {
    const before = window.history.length;
    router.setQuery({ q: 'ap', tab: 'events' });
    router.setQuery({ q: '' });
    expect(window.history.length).toBe(before);
    expect(window.location.hash).toBe('#/ns/web/pods?tab=events');
    expect(router.route?.query).toEqual({ tab: 'events' });
  });

  test('another namespace shows the same place there; an object gives way to its list', async () => {
    await go('#/ns/web/pods/api-1?tab=events');
    const done = changed();
    router.chooseNamespace('shop');
    await done;
    expect(window.location.hash).toBe('#/ns/shop/pods');
  });
});
