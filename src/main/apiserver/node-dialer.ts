import type { Duplex } from 'node:stream';

/**
 * Opens a byte stream to the kubelet API (plain HTTP/1.1) of a node's agent: through the machine's SSH connection, or
 * in process for a simulated node. Rejects with a plain Error whose message says why the node cannot be reached now.
 *
 * The kubelet API, with upstream's paths:
 *   GET /containerLogs/{namespace}/{pod}/{container}?follow&tailLines&sinceSeconds&sinceTime&timestamps&previous&limitBytes
 *   GET /exec/{namespace}/{pod}/{container}?command=…&input=1&output=1&error=1&tty=1   (WebSocket, v5.channel.k8s.io or v4)
 *   GET /attach/{namespace}/{pod}/{container}?…
 *   GET /portForward/{namespace}/{pod}   whether it can be done; 200, or why not
 *   GET /portForward/{namespace}/{pod}?port=N   (WebSocket, v5.channel.k8s.io) one TCP connection inside the pod: channel 0
 *     is its bytes, 255 0 the end of one direction; closed with 1000 when both have ended, with another code when it broke
 *   GET /stats/summary   GET /pods   GET /healthz
 */
export type NodeDialer = (nodeName: string) => Promise<Duplex>;
