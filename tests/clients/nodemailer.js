// Sends the message on standard input: PORT starttls|implicit CA-FILE SENDER RECIPIENT [MECHANISM USER PASSWORD]
'use strict';

const fs = require('fs');
const nodemailer = require('nodemailer');

const [port, how, ca, sender, recipient, mechanism, user, pass] = process.argv.slice(2);
const transport = nodemailer.createTransport({
	host: '127.0.0.1',
	port: Number(port),
	name: 'client.example.org',
	secure: how === 'implicit',
	requireTLS: how === 'starttls',
	tls: { ca: fs.readFileSync(ca) },
	authMethod: mechanism,
	auth: mechanism && { user, pass },
});

transport.sendMail({ envelope: { from: sender, to: recipient }, raw: fs.readFileSync(0) }, (error) => {
	if (error) {
		console.log(error.response || String(error));
		process.exitCode = 1;
	}
});
