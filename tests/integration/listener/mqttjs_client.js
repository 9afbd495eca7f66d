// Publishes at every QoS with MQTT.js, subscribes to the gateway's rejects, and prints what it learnt as one JSON line.
// Arguments: directory with node_modules/mqtt, port, protocol version (4 or 5).
"use strict";

const [directory, port, version] = process.argv.slice(2);
const mqtt = require(require("path").join(directory, "node_modules", "mqtt"));

const client = mqtt.connect({
  host: "127.0.0.1",
  port: Number(port),
  protocolVersion: Number(version),
  clientId: "mqttjs",
  username: "ent",
  password: "right",
  reconnectPeriod: 0,
  will: { topic: "plantwatch/v1/ent/gw1/status", payload: "offline", qos: 1, retain: true },
});

const learnt = { acknowledged: [], told: null };

client.on("error", (error) => {
  console.error(error);
  process.exit(1);
});

client.on("message", (_topic, payload) => {
  learnt.told = payload.toString();
  client.end(false, () => console.log(JSON.stringify(learnt)));
});

client.on("connect", async () => {
  const granted = await client.subscribeAsync("plantwatch/v1/ent/gw1/rejects", { qos: 1 });
  learnt.granted = granted[0].qos;
  for (const qos of [0, 1, 2]) {
    await client.publishAsync("plantwatch/v1/ent/gw1/readings", "qos " + qos, { qos });
    learnt.acknowledged.push(qos);
  }
  client.publish("plantwatch/v1/ent/gw1/readings", "bad", { qos: 0 });
});
