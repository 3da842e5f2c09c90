import { SvelteMap } from 'svelte/reactivity';
import { hrefOf, isNamespaced, parseHash, type Place, type Route } from './routes.ts';

/**
 * The address bar as state. Going somewhere is a history entry; changing filters or tabs replaces the entry, so that
 * Back leaves the page instead of undoing a letter of the search.
 */
export class Router {
  route = $state.raw<Route | null>(null);
  /** The namespace last looked at; cluster-wide places keep it for when one comes back. Empty: all. */
  namespace = $state('');
  /** The query each list was left with, so that the rail leads back to the same filters. */
  readonly #lastQueries = new SvelteMap<Place, Record<string, string>>();

  constructor(readonly target: Window) {
    target.addEventListener('hashchange', this.#read);
    this.#read();
  }

  dispose(): void {
    this.target.removeEventListener('hashchange', this.#read);
  }

  readonly #read = (): void => {
    const route = parseHash(this.target.location.hash);
    this.route = route;
    if (!route) return;
    if (isNamespaced(route.place)) this.namespace = route.namespace;
    if (route.name === '') this.#lastQueries.set(route.place, { ...route.query });
  };

  go(href: string): void {
    this.target.location.hash = href;
  }

  /** Changes the query of the page that is shown. An empty value takes a key out. */
  setQuery(change: Readonly<Record<string, string>>): void {
    if (!this.route) return;
    const href = hrefOf({ ...this.route, query: { ...this.route.query, ...change } });
    this.target.history.replaceState(null, '', href);
    this.#read();
  }

  /** Replaces the whole query. */
  replaceQuery(query: Readonly<Record<string, string>>): void {
    if (!this.route) return;
    this.target.history.replaceState(null, '', hrefOf({ ...this.route, query }));
    this.#read();
  }

  /** Address of a place in the current namespace, with the filters it was left with. */
  hrefTo(place: Place): string {
    return hrefOf({ place, namespace: this.namespace, query: this.#lastQueries.get(place) ?? {} });
  }

  /** Shows the same place in another namespace (empty: all); an object's page gives way to the list. */
  chooseNamespace(namespace: string): void {
    this.namespace = namespace;
    if (this.route && isNamespaced(this.route.place))
      this.go(hrefOf({ place: this.route.place, namespace, query: this.route.name ? {} : this.route.query }));
  }
}
