// Pushes a built image into a registry over the OCI distribution API, without an engine.
import { openAsBlob } from 'node:fs';
import { registryManifest, type BuiltImage } from '../../scripts/image-builder.mjs';

export interface PushTarget {
  /** HOST:PORT, spoken to over plain HTTP. */
  readonly registry: string;
  readonly repository: string;
  readonly tags: readonly string[];
  readonly credentials?: { readonly username: string; readonly password: string };
}

async function request(url: string, init: RequestInit, expected: number): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status === expected) return response;
  throw new Error(`${init.method} ${url} answered ${response.status}: ${await response.text()}`);
}

/** Uploads the image's blobs and gives it all of the target's tags. */
export async function pushImage(image: BuiltImage, target: PushTarget): Promise<void> {
  const base = `http://${target.registry}/v2/${target.repository}`;
  const headers: Record<string, string> = {};
  if (target.credentials) {
    const { username, password } = target.credentials;
    headers['authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  const upload = async (digest: string, body: Blob) => {
    const started = await request(`${base}/blobs/uploads/`, { method: 'POST', headers }, 202);
    const place = new URL(started.headers.get('location') ?? '', base);
    place.searchParams.set('digest', digest);
    await request(
      place.href,
      { method: 'PUT', headers: { ...headers, 'content-type': 'application/octet-stream' }, body },
      201,
    );
  };
  await upload(image.config.digest, new Blob([image.configJson]));
  await upload(image.layer.digest, await openAsBlob(image.layerFile));
  const { mediaType, json } = registryManifest(image);
  for (const tag of target.tags) {
    await request(
      `${base}/manifests/${tag}`,
      { method: 'PUT', headers: { ...headers, 'content-type': mediaType }, body: json },
      201,
    );
  }
}
