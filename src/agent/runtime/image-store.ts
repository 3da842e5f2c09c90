import type Docker from 'dockerode';
import { dockerMessage, dockerStatus } from './docker-error.ts';
import { platformMismatch } from './image-platform.ts';
import type { RegistryCredential } from './registry-credentials.ts';

export interface LocalImage {
  id: string;
  /** `repository@sha256:…` of the first repository it was pulled from, or its id: what a status shows as imageID. */
  reference: string;
  sizeBytes: number;
  /** The image's USER. */
  user: string;
  /** Why it may not run here, for an image of another architecture. */
  mismatch?: string;
}

/** Images on this machine's Docker. Pulls of the same reference with the same credentials are made once. */
export class ImageStore {
  readonly #pulls = new Map<string, Promise<void>>();
  readonly #references = new Map<string, string>();
  readonly #mismatches = new Map<string, string>();

  constructor(private readonly docker: Docker) {}

  /** The image a reference names here, or undefined when it is not on this machine. */
  async find(reference: string): Promise<LocalImage | undefined> {
    try {
      const info = await this.docker.getImage(reference).inspect();
      const mismatch = platformMismatch({ os: info.Os, architecture: info.Architecture });
      const image = {
        id: info.Id,
        reference: info.RepoDigests?.[0] ?? info.Id,
        sizeBytes: info.Size,
        user: info.Config?.User ?? '',
        ...(mismatch === undefined ? {} : { mismatch }),
      };
      if (mismatch !== undefined) this.#mismatches.set(image.id, mismatch);
      this.#references.set(image.id, image.reference);
      return image;
    } catch (error) {
      if (dockerStatus(error) === 404) return undefined;
      throw error;
    }
  }

  /** What a status shows for an image id; fills itself as images are looked up. */
  referenceOf(imageId: string): string {
    return this.#references.get(imageId) ?? imageId;
  }

  /** Why an image may not run on this machine, of those looked up. */
  mismatchOf(imageId: string): string | undefined {
    return this.#mismatches.get(imageId);
  }

  /** Learns the reference of an image id that a found container runs from. */
  async learn(imageId: string): Promise<void> {
    if (!this.#references.has(imageId)) {
      const found = await this.find(imageId);
      if (!found) this.#references.set(imageId, imageId);
    }
  }

  /** Pulls; rejects with an Error whose message is the registry's, tried with each credential until one is let in. */
  async pull(reference: string, credentials: RegistryCredential[]): Promise<void> {
    const tries: (RegistryCredential | undefined)[] = credentials.length > 0 ? credentials : [undefined];
    let failure: unknown;
    for (const credential of tries) {
      try {
        await this.#pullOnce(reference, credential);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw new Error(dockerMessage(failure), { cause: failure });
  }

  #pullOnce(reference: string, credential: RegistryCredential | undefined): Promise<void> {
    const key = `${reference}\0${credential?.username ?? ''}\0${credential?.password ?? ''}`;
    const running = this.#pulls.get(key);
    if (running) return running;
    const pull = this.#run(reference, credential).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  async #run(reference: string, credential: RegistryCredential | undefined): Promise<void> {
    const stream = await this.docker.pull(reference, credential ? { authconfig: { ...credential } } : {});
    await new Promise<void>((resolve, reject) => {
      this.docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** For the Node's status: names and sizes, largest first, at most 50 as upstream's nodeStatusMaxImages. */
  async list(): Promise<{ names: string[]; sizeBytes: number }[]> {
    const images = await this.docker.listImages();
    return images
      .map((image) => ({
        names: [...(image.RepoDigests ?? []), ...(image.RepoTags ?? [])].filter((name) => !name.includes('<none>')),
        sizeBytes: image.Size,
      }))
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, 50);
  }
}
