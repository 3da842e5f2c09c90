import { mount } from 'svelte';
import './ui/tokens.css';
import Root from './frame/Root.svelte';
import { createApp } from './frame/create-app.ts';
import { ipcConnection } from './live/ipc-connection.ts';
import { liveUrl, webSocketConnection } from './live/websocket-connection.ts';

const connect = window.wheelhouse ? ipcConnection(window.wheelhouse) : webSocketConnection(liveUrl(window.location));
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element #app');

const app = createApp(connect, window);
mount(Root, { target, props: { app } });
app.live.start();
