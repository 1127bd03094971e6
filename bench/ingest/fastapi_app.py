"""FastAPI on uvicorn with aio-pika: a robust connection with publisher confirms."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bench.ingest.webhook import PATH, encoded, event_of, is_signed
from shared.events import CONTENT_TYPE
from shared.topology import EXCHANGE

SECRET = os.environ["WEBHOOK_SECRET"]


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    connection = await aio_pika.connect_robust(os.environ["RABBITMQ_URL"])
    async with connection:
        channel = await connection.channel(
            publisher_confirms=True, on_return_raises=True
        )
        app.state.exchange = await channel.get_exchange(EXCHANGE)
        yield


app = FastAPI(lifespan=_connected)


@app.post(PATH)
async def take(request: Request) -> JSONResponse:
    """Publish the change; 202 once it is confirmed."""
    body = await request.body()
    if not is_signed(body, request.headers.get("X-Signature", ""), SECRET):
        return JSONResponse({"error": "wrong signature"}, 401)
    event = event_of(json.loads(body))
    message = aio_pika.Message(
        encoded(event),
        content_type=CONTENT_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=event["id"],
    )
    try:
        await app.state.exchange.publish(message, event["type"], mandatory=True)
    except aio_pika.exceptions.AMQPError as error:
        return JSONResponse({"error": type(error).__name__}, 503)
    return JSONResponse({"status": "accepted", "event_id": event["id"]}, 202)


@app.get("/ready")
async def show_ready() -> JSONResponse:
    """Answer once the connection is open."""
    return JSONResponse({"status": "ready"})
