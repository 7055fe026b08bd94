// Fetches all messages by POP3 into files of a folder: PORT clear|stls|implicit CERTIFICATE USER PASSWORD keep|delete FOLDER
'use strict';
const fs = require('fs');
const net = require('net');
const tls = require('tls');

const [port, way, certificate, user, password, keep, folder] = process.argv.slice(2);
const trust = { host: '127.0.0.1', servername: 'localhost', ca: fs.readFileSync(certificate) };
let socket, input = Buffer.alloc(0), wake = () => {};

function listen(to) {
	socket = to;
	socket.on('data', (octets) => { input = Buffer.concat([input, octets]); wake(); });
	socket.on('end', () => { throw new Error('the server has hung up'); });
}

// What stands in front of an end, which is taken off.
async function until(end) {
	let at;
	while ((at = input.indexOf(end)) < 0)
		await new Promise((resolve) => { wake = resolve; });
	const found = input.subarray(0, at + 2);
	input = input.subarray(at + end.length);
	return found;
}

async function answer() {
	const line = (await until('\r\n')).toString();
	if (!line.startsWith('+OK'))
		throw new Error(line);
	return line;
}

function say(command) {
	socket.write(command + '\r\n');
	return answer();
}

async function fetchAll() {
	const context = way === 'implicit' ? tls.connect({ ...trust, port: Number(port) }) : net.connect(Number(port), '127.0.0.1');
	listen(context);
	await answer();
	if (way === 'stls') {
		await say('STLS');
		socket.removeAllListeners('data');
		listen(tls.connect({ ...trust, socket }));
	}
	await say('USER ' + user);
	await say('PASS ' + password);
	const count = Number((await say('STAT')).split(' ')[1]);
	for (let i = 1; i <= count; i++) {
		await say('RETR ' + i);
		const message = (await until('\r\n.\r\n')).toString('latin1').replace(/^\./gm, '').replace(/\r\n/g, '\n');
		fs.writeFileSync(folder + '/' + i, message, 'latin1');
		if (keep === 'delete')
			await say('DELE ' + i);
	}
	await say('QUIT');
	process.exit(0);
}

fetchAll().catch((error) => { console.error(error.message); process.exit(1); });
