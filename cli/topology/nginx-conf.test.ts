import { describe, expect, test } from 'vitest';

import { nginxConf } from './nginx-conf.ts';
import type { NginxConfInput } from './nginx-conf.ts';

const scaled: NginxConfInput = {
  listen: '127.0.0.1:8080',
  proxy: { ws: { balance: 'ip_hash' }, api: { balance: 'round_robin' }, workers: 2 },
  apiNodes: [
    { name: 'api-1', address: '127.0.0.1:3001' },
    { name: 'api-2', address: '127.0.0.1:3002' },
  ],
  wsNodes: [
    { name: 'ws-1', address: '127.0.0.1:3003' },
    { name: 'ws-2', address: '127.0.0.1:3004' },
  ],
  pingSumMs: 85_000,
  openFilesLimit: 20_000,
  user: 'root',
};

function withBalance(balance: NginxConfInput['proxy']['ws']['balance']): string {
  return nginxConf({ ...scaled, proxy: { ...scaled.proxy, ws: { balance } } });
}

test('the whole file for scaled', () => {
  expect(nginxConf(scaled)).toBe(`user root;
daemon off;
worker_processes 2;
worker_rlimit_nofile 20000;
pid tmp/nginx.pid;
error_log stderr warn;

events {
  worker_connections 19936;
}

http {
  access_log off;
  server_tokens off;
  default_type application/octet-stream;
  client_body_temp_path tmp/client_body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
  client_max_body_size 1m;
  client_body_buffer_size 64k;
  keepalive_timeout 75s;
  keepalive_requests 100000;

  map $http_upgrade $connection_upgrade {
    '' '';
    default upgrade;
  }
  map $http_x_request_id $rtops_request_id {
    "~^[A-Za-z0-9_.:-]{1,64}$" $http_x_request_id;
    default $request_id;
  }

  proxy_http_version 1.1;
  proxy_connect_timeout 1s;
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 3;
  proxy_next_upstream_timeout 5s;
  proxy_set_header Host $http_host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Request-Id $rtops_request_id;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_hide_header X-Request-Id;

  upstream api_pool {
    zone api_pool 128k;
    server 127.0.0.1:3001 max_fails=2 fail_timeout=2s;
    server 127.0.0.1:3002 max_fails=2 fail_timeout=2s;
    keepalive 64;
    keepalive_requests 100000;
  }

  upstream ws_pool {
    zone ws_pool 128k;
    ip_hash;
    server 127.0.0.1:3003 max_fails=0;
    server 127.0.0.1:3004 max_fails=0;
    keepalive 64;
    keepalive_requests 100000;
  }

  server {
    listen 127.0.0.1:8080 reuseport backlog=4096;
    add_header X-Upstream $upstream_addr always;
    add_header X-Request-Id $rtops_request_id always;

    location /socket.io/ {
      proxy_pass http://ws_pool;
      proxy_read_timeout 100s;
      proxy_send_timeout 100s;
      proxy_buffering off;
    }
    location /api/ {
      proxy_pass http://api_pool;
    }
    location = /health {
      proxy_pass http://api_pool;
    }
    location / {
      return 404;
    }
  }
}
`);
});

describe('how a WS node is picked', () => {
  test.each([
    { balance: 'round_robin', method: undefined },
    { balance: 'least_conn', method: 'least_conn;' },
    { balance: 'ip_hash', method: 'ip_hash;' },
    { balance: 'hash', method: 'hash $remote_addr consistent;' },
    { balance: 'cookie', method: 'least_conn;' },
    { balance: 'sid', method: 'least_conn;' },
  ] as const)('$balance', ({ balance, method }) => {
    const pool = /upstream ws_pool \{([^}]*)\}/.exec(withBalance(balance))?.[1] ?? '';
    const directives = pool.trim().split(/\n\s*/);
    expect(directives).toEqual([
      'zone ws_pool 128k;',
      ...(method === undefined ? [] : [method]),
      'server 127.0.0.1:3003 max_fails=0;',
      'server 127.0.0.1:3004 max_fails=0;',
      'keepalive 64;',
      'keepalive_requests 100000;',
    ]);
  });
});

describe('a client pinned by cookie', () => {
  const text = withBalance('cookie');

  test('each node has an upstream of its own with the others behind it', () => {
    expect(text).toContain(`upstream pin_ws_2 {
    zone pin_ws_2 128k;
    server 127.0.0.1:3004 max_fails=0;
    server 127.0.0.1:3003 max_fails=0 backup;`);
  });

  test('the cookie is set on /socket.io/ only, and by no other balance', () => {
    expect(text.match(/add_header Set-Cookie/g)).toHaveLength(1);
    expect(withBalance('ip_hash')).not.toContain('Set-Cookie');
  });
});

describe('a client pinned by its session id', () => {
  const text = withBalance('sid');

  test('the name in front of the id picks the pin; a request without an id goes to the pool', () => {
    expect(text).toContain(`map $arg_sid $ws_upstream {
    "~^ws-1\\.[A-Za-z0-9_-]+$" pin_ws_1;
    "~^ws-2\\.[A-Za-z0-9_-]+$" pin_ws_2;
    default ws_pool;
  }`);
    expect(text).toContain('proxy_pass http://$ws_upstream;');
  });

  test('no cookie is set', () => {
    expect(text).not.toContain('Set-Cookie');
  });
});

test("native: nginx's own sticky, each server with the route the cookie names", () => {
  const text = withBalance('native');
  expect(text).toContain(`upstream ws_pool {
    zone ws_pool 128k;
    least_conn;
    sticky cookie rtops_node path=/socket.io/ httponly samesite=lax;
    server 127.0.0.1:3003 route=ws-1 max_fails=0;
    server 127.0.0.1:3004 route=ws-2 max_fails=0;`);
  expect(text).toContain('proxy_pass http://ws_pool;');
  expect(withBalance('cookie')).not.toMatch(/^\s*sticky /m);
});

describe('limits', () => {
  test.each([
    { openFilesLimit: 1024, files: 1024, connections: 960 },
    { openFilesLimit: 20_000, files: 20_000, connections: 19_936 },
    { openFilesLimit: 1_048_576, files: 32_832, connections: 32_768 },
  ])('$openFilesLimit files', ({ openFilesLimit, files, connections }) => {
    const text = nginxConf({ ...scaled, openFilesLimit });
    expect(text).toContain(`worker_rlimit_nofile ${files};`);
    expect(text).toContain(`worker_connections ${connections};`);
  });

  test('the proxy waits longer than the heartbeat', () => {
    expect(nginxConf({ ...scaled, pingSumMs: 2500 })).toContain('proxy_read_timeout 18s;');
  });

  test('without root no user is named', () => {
    expect(nginxConf({ ...scaled, user: null })).not.toMatch(/^user /m);
  });
});

test('with monitoring each request of clients is told, and nginx counts where only we ask', () => {
  const monitored = nginxConf({
    ...scaled,
    monitoring: {
      accessLog: 'logs/nginx-access.log',
      syslog: '127.0.0.1:5140',
      statusListen: '127.0.0.1:8081',
    },
  });
  const added = monitored.split('\n').filter((line) => !nginxConf(scaled).includes(line.trim()));
  expect(added.map((line) => line.trim()).filter((line) => !line.startsWith('log_format'))).toEqual(
    [
      'map $arg_sid $rtops_has_sid {',
      "'' '0';",
      "default '1';",
      'access_log logs/nginx-access.log rtops_json;',
      'access_log syslog:server=127.0.0.1:5140,tag=nginx,nohostname rtops_json;',
      'listen 127.0.0.1:8081;',
      'location = /stub_status {',
      'stub_status;',
    ],
  );
  // A session id in a log would let its reader take the session over.
  expect(monitored).not.toMatch(/log_format.*(request_uri|\$args|\$arg_sid|\$request\b)/);
});
