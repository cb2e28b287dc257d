// Preloaded (NODE_OPTIONS=--require): Node's HTTP clients ignore HTTP_PROXY, so connections to SLS hosts go to
// SLS_LOOPBACK instead. Only the TCP address changes: Host header and signature stay the client's.
'use strict';

const { Socket } = require('node:net');

const target = process.env.SLS_LOOPBACK;
const SLS_HOST = /(^|\.)(log|sls)\.aliyuncs\.com\.?$/i;

if (target) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(target) || [];
  if (!host) throw new Error(`SLS_LOOPBACK must be HOST:PORT, such as 127.0.0.1:8080, got ${target}`);
  const connect = Socket.prototype.connect;

  // Every way to open a TCP connection (http, https, fetch, net) ends here; the arguments may come in one array.
  Socket.prototype.connect = function (...args) {
    const [options, ...rest] = Array.isArray(args[0]) ? args[0] : args;
    const requested = options !== null && typeof options === 'object' ? options : { port: options, host: rest[0] };
    if (requested.path || !SLS_HOST.test(String(requested.host))) return connect.apply(this, args);
    if (this.encrypted) {
      process.nextTick(() => this.destroy(new Error(`${requested.host}: this endpoint speaks plain HTTP: use http`)));
      return this;
    }
    const callback = rest.find((each) => typeof each === 'function');
    return connect.call(this, { ...requested, host, port: Number(port) }, ...(callback ? [callback] : []));
  };
}
