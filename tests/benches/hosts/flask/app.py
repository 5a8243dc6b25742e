"""What the component answers, as one would write it with Flask: the stack that a container is mostly learnt with."""

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
app.json.sort_keys = False

PAGE = "<!doctype html><html lang=en><title>Flask</title><h1>Hello from Flask</h1><p>One service, one hull.</p></html>"


@app.get("/")
def index():
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        response = Response(PAGE, mimetype="text/html")
    else:
        response = jsonify(service="flask", version="0.1.0", message="Hello", links={"health": "/healthz"})
    response.vary.add("Accept")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@app.get("/healthz")
def healthz():
    return jsonify(status="ok", version="0.1.0"), 200, {"Cache-Control": "no-store"}
